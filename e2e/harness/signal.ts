/** A promise and the function that resolves it: `Promise.withResolvers` for Node 20. */
export function signal(): { readonly given: Promise<void>; give(): void } {
  let give = () => {};
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give: () => give() };
}

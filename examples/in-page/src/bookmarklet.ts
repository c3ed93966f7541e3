/**
 * A bookmark that opens the bar on whatever page it is clicked on.
 * @param script the address of in-page.js, on a server that every page may read from (CORS)
 */
export function bookmarkletFor(script: string): string {
  const address = JSON.stringify(`${script}?open`);
  // A page's policy can forbid this and nothing here can change that; but it is said.
  const sorry = JSON.stringify(`This page does not allow scripts from ${new URL(script).host}.`);
  const code = `(n=>n?n.open():import(${address}).catch(()=>alert(${sorry})))(globalThis.nearfieldInPage);void 0`;
  return `javascript:${encodeURIComponent(code)}`;
}

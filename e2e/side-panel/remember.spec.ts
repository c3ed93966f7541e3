import {
  ask,
  endServiceWorker,
  expect,
  hits,
  isInView,
  markedIn,
  openPanel,
  settle,
  test,
} from "./visit.ts";

const FILLER = "<p>Nothing in this paragraph is about anything that somebody would ask for.</p>";

const BREAD = `<main><h1>Notes from a small bakery</h1>${FILLER.repeat(8)}
<h2>Ovens</h2><p>Stone keeps the heat for a whole night.</p>${FILLER.repeat(8)}
<h2>Patience</h2><p>The dough rests overnight in the cold, twelve hours at the least, before it is baked.</p>
<form><input type="password" value="hunter2"><textarea>my secret draft</textarea></form>${FILLER.repeat(8)}</main>`;

const QUESTION = "how long does the dough have to wait?";

test("a page is remembered, closed, found and opened at the passage, whatever ends in between", async ({
  extension,
  launch,
  profile,
  web,
}) => {
  const url = web.putPage("/bread", "A small bakery", BREAD);
  let context = await launch(extension);
  const page = context.pages()[0] ?? (await context.newPage());
  await page.goto(url);
  let panel = await openPanel(context, extension);
  await panel.getByRole("button", { name: "Remember this tab" }).click();
  await expect(panel.locator("#shelf-title")).toHaveText("1 page of 1 site");
  await endServiceWorker(panel, extension);
  await settle(panel, 1);
  await page.close();

  await endServiceWorker(panel, extension);
  await ask(panel, QUESTION);
  await expect(hits(panel).first()).toContainText("rests overnight");
  await expect(hits(panel).first()).toContainText("A small bakery");
  const reopened = context.waitForEvent("page");
  await hits(panel).first().click();
  const shown = await reopened;
  expect(await markedIn(shown)).toContain("The dough rests overnight in the cold");
  expect(await isInView(shown)).toBe(true);

  await profile.close();
  context = await launch(extension);
  panel = await openPanel(context, extension);
  await settle(panel, 1);
  await ask(panel, QUESTION);
  await expect(hits(panel).first()).toContainText("rests overnight");
  // What was typed into the page is not part of it.
  await ask(panel, "hunter2 secret draft");
  await expect(panel.locator("main")).not.toContainText("hunter2");
  await expect(panel.locator("#hits")).not.toContainText("secret draft");
  expect(web.asked).toEqual(["/bread", "/bread"]);
});

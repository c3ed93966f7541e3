// Of the sample page alone: a button for those without a keyboard, and the bookmark with this server's address.
import { bookmarkletFor } from "./bookmarklet.ts";
import "./main.ts";

const script = new URL("in-page.js", document.baseURI).href;
document
  .querySelector("#open")
  ?.addEventListener("click", () => globalThis.nearfieldInPage?.open());
document.querySelector("#bookmarklet")?.setAttribute("href", bookmarkletFor(script));
for (const place of document.querySelectorAll(".here")) place.textContent = script;

// The smallest way to include the script: a classic `<script async src=".../loader.js">`, which fetches the rest when the page has
// nothing else to do. Parameters of its address are handed on.
(() => {
  const { src } = document.currentScript as HTMLScriptElement;
  const { search } = new URL(src);
  const load = () => void import(/* @vite-ignore */ new URL(`in-page.js${search}`, src).href);
  if ("requestIdleCallback" in globalThis) requestIdleCallback(load);
  else setTimeout(load, 200);
})();

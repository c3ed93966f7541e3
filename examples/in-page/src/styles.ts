/**
 * Of the bar alone: it stands in a shadow tree. Colours follow the reader's scheme, not the page's. What is said of the host is
 * important, because rules of the page for all elements would count more otherwise.
 */
export const STYLES = `
:host {
  all: initial !important;
  display: block !important;
  position: fixed !important;
  inset: 12px 12px auto auto !important;
  width: min(420px, calc(100vw - 24px)) !important;
  color-scheme: light dark !important;
  font: 14px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif !important;
  z-index: 2147483647 !important;
}
* { box-sizing: border-box; }
search {
  --ink: light-dark(#1d2125, #eceae5);
  --soft: light-dark(#575e66, #a9b0b6);
  --paper: light-dark(#ffffff, #1e2124);
  --line: light-dark(#d9dcdf, #3c4247);
  --hover: light-dark(#f3f4f5, #2a2e32);
  --tint: light-dark(#fff3dd, #3a2f1c);
  --accent: light-dark(#b35a00, #ffb152);
  --alarm: light-dark(#a3271d, #ffa89d);
  display: flex;
  flex-direction: column;
  max-height: min(70vh, 560px);
  color: var(--ink);
  background: var(--paper);
  border: 1px solid var(--line);
  border-radius: 12px;
  box-shadow: 0 1px 2px rgb(0 0 0 / 0.08), 0 10px 34px rgb(0 0 0 / 0.2);
  overflow: hidden;
}
.row { display: flex; align-items: center; gap: 2px; padding: 6px 6px 6px 4px; }
input {
  flex: 1;
  min-width: 0;
  height: 36px;
  font: inherit;
  font-size: 16px;
  color: inherit;
  background: transparent;
  border: 0;
  border-radius: 8px;
  padding: 0 10px;
  appearance: none;
}
input::-webkit-search-cancel-button { display: none; }
input::placeholder { color: var(--soft); opacity: 1; }
button { font: inherit; color: inherit; background: transparent; border: 0; border-radius: 8px; cursor: pointer; }
button:hover { background: var(--hover); }
button:disabled { opacity: 0.35; cursor: default; background: transparent; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
.sign { flex: none; width: 34px; height: 36px; padding: 0; display: grid; place-items: center; }
svg { width: 20px; height: 20px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
.count { color: var(--soft); white-space: nowrap; padding: 0 6px; font-variant-numeric: tabular-nums; }
progress { display: block; flex: none; width: 100%; height: 2px; border: 0; appearance: none; background: var(--line); color: var(--accent); }
progress::-webkit-progress-bar { background: var(--line); }
progress::-webkit-progress-value { background: var(--accent); transition: inline-size 0.3s; }
progress::-moz-progress-bar { background: var(--accent); }
.state { margin: 0; padding: 8px 14px 10px; color: var(--soft); border-top: 1px solid var(--line); }
progress:not([hidden]) + .state { border-top: 0; }
.trouble { color: var(--alarm); }
ol { list-style: none; margin: 0; padding: 6px; overflow-y: auto; overscroll-behavior: contain; border-top: 1px solid var(--line); }
li button { display: block; width: 100%; text-align: start; padding: 7px 10px 8px; }
li button[aria-current="true"] { background: var(--tint); box-shadow: inset 3px 0 var(--accent); }
.title { display: block; font-size: 12.5px; color: var(--soft); overflow-wrap: anywhere; }
.text { display: block; overflow-wrap: anywhere; }
.unseen { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
[hidden] { display: none; }
@media (max-width: 520px) {
  :host { inset: 0 0 auto 0 !important; width: 100vw !important; }
  search { max-height: 42dvh; border-width: 0 0 1px; border-radius: 0 0 12px 12px; }
}
@media (prefers-reduced-motion: no-preference) {
  search { animation: enter 0.14s ease-out; }
  @keyframes enter { from { opacity: 0; translate: 0 -6px; } }
}
@media (forced-colors: active) {
  li button[aria-current="true"] { outline: 2px solid Highlight; outline-offset: -2px; }
}
`;

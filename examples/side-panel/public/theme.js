// A classic script, so that it runs before the first paint: a chosen theme must not flash the other one.
try {
  const theme = localStorage.getItem("nearfield-side-panel.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is refused: the system's colours are fine.
}

import { expect, it } from "vitest";

/** What `createScanner` gives in a page with this policy for scripts, and how many requests that took beyond modules. */
async function kindUnder(policy: string): Promise<string> {
  const frame = document.createElement("iframe");
  const answer = new Promise<string>((resolve) => {
    addEventListener("message", function listen({ data, source }: MessageEvent<unknown>) {
      if (source !== frame.contentWindow) return;
      removeEventListener("message", listen);
      resolve(String(data));
    });
  });
  const home = new URL("./create-scanner.ts", import.meta.url).href;
  frame.srcdoc = `
    <meta http-equiv="Content-Security-Policy" content="connect-src 'none'; script-src 'self' 'nonce-probe' ${policy}">
    <script type="module" nonce="probe">
      import { createScanner } from ${JSON.stringify(home)};
      try {
        const scanner = createScanner(4);
        const block = scanner.add(Float32Array.of(1, 0, 0, 0, 0, 1, 0, 0));
        const { rows } = scanner.search(Float32Array.of(0, 1, 0, 0), 1, [{ block }]);
        parent.postMessage(scanner.kind + " finds row " + rows[0], "*");
      } catch (thrown) {
        parent.postMessage(String(thrown), "*");
      }
    </script>`;
  document.body.append(frame);
  try {
    return await answer;
  } finally {
    frame.remove();
  }
}

it("runs WebAssembly under 'wasm-unsafe-eval', without a request", async () => {
  expect(await kindUnder("'wasm-unsafe-eval'")).toBe("wasm-relaxed-simd finds row 1");
});

it("falls back to TypeScript under a policy that forbids WebAssembly", async () => {
  expect(await kindUnder("")).toBe("typescript finds row 1");
});

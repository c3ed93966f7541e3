/** Compiles every kernel module: its name -> its bytes in base64. */
export function buildKernels(): Promise<ReadonlyMap<string, string>>;

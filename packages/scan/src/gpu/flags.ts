// Numbers of the WebGPU specification (GPUBufferUsage, GPUShaderStage, GPUMapMode). Our type definitions have the types, and not the
// namespaces that a browser has at run time.

export const BUFFER = {
  mapRead: 0x01,
  copySource: 0x04,
  copyDestination: 0x08,
  uniform: 0x40,
  storage: 0x80,
} as const;

export const COMPUTE_STAGE = 0x4;

export const MAP_FOR_READING = 0x1;

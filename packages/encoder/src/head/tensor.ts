import { RetrievalError } from "@nearfield/core";
import { readTensorIndex, type TensorEntry } from "@nearfield/models";
import { decodeFloat16 } from "@nearfield/runtime";

/**
 * Numbers of one tensor in a safetensors file, row-major, as float32.
 * @param bytes the file
 * @param shape the one that the tensor must have
 * @throws RetrievalError `MODEL_INVALID` where the tensor is not there or has another shape; `MODEL_UNSUPPORTED` for
 * numbers that are not floats of 16 or 32 bits
 */
export function readTensor(
  bytes: Uint8Array,
  name: string,
  shape: readonly number[],
): Float32Array {
  const entry = readTensorIndex(bytes).get(name);
  if (!entry || entry.shape.join() !== shape.join()) {
    throw new RetrievalError("MODEL_INVALID", `a layer's weights lack ${name}`, {
      value: `${entry?.shape.join(" × ") ?? "nothing"} instead of ${shape.join(" × ")}`,
      repair: "Use the card and the weights of one model.",
    });
  }
  if (entry.end > bytes.length) {
    throw new RetrievalError("MODEL_INVALID", "a layer's weights end too early", {
      value: bytes.length,
      repair: "Check that the file is whole.",
    });
  }
  // A copy, since typed arrays want aligned addresses.
  return decode(entry, bytes.slice(entry.start, entry.end).buffer);
}

function decode({ dtype }: TensorEntry, buffer: ArrayBuffer): Float32Array {
  switch (dtype) {
    case "F32":
      return new Float32Array(buffer);
    case "F16":
      return decodeFloat16(new Uint16Array(buffer));
    case "BF16": {
      // The upper half of a float32.
      const bits = Uint32Array.from(new Uint16Array(buffer), (half) => half << 16);
      return new Float32Array(bits.buffer);
    }
    default:
      throw new RetrievalError("MODEL_UNSUPPORTED", "a layer has weights of an unknown kind", {
        value: dtype,
        repair: "Choose a model whose layers are of F32, F16 or BF16.",
      });
  }
}

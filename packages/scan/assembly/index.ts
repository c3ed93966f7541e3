export { encodeBits, estimateBits, passBits, scanBits } from "./bits";
export { encodeI8 } from "./encode-i8";
export { scanF32 } from "./f32";
export { refineI8, scanI8 } from "./i8";
export { rotate } from "./rotate";

export { scanF32 } from "./f32";
export { encodeI8, scanI8 } from "./i8";

export { scanF32 } from "./f32";

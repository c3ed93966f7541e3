// The plan that knows the built-in models, to name one in a refusal: loaded for that alone.
export { planModel } from "@nearfield/models";

// What finds models by their names, and keeps their files. Most pages use the pocket model and never ask for it: this part is
// loaded when somebody does, so that the others need not carry it.
export { findCard, findModel, openModelStore, resolveReranker } from "@nearfield/models";

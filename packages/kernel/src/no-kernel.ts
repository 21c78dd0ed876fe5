/** Thrown while a kernel is made, with the reason in a few words; whoever starts the making catches it. */
export class NoKernel extends Error {}

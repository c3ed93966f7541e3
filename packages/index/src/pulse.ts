/** Called between two pieces of long work: a sign of life. Throws to give the work up. */
export type Pulse = () => void;

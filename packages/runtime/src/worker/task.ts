const channel = new MessageChannel();
const waiting: (() => void)[] = [];
channel.port1.onmessage = () => waiting.shift()?.();

/**
 * Lets messages that wait be handled: ONNX Runtime answers within one task, so that an abort or another call would not be
 * heard between two runs. A timer would cost four milliseconds.
 */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    channel.port2.postMessage(null);
  });
}

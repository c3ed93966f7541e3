// IndexedDB as an app without a library uses it: one table of values.

const DATABASE = "values";
const TABLE = "values";

/** Resolves when the transaction is complete, not when the request is: only then is the value stored. */
export async function storeValue(key: string, value: unknown): Promise<void> {
  const database = await openDatabase();
  const transaction = database.transaction(TABLE, "readwrite");
  transaction.objectStore(TABLE).put(value, key);
  await new Promise<void>((resolve, reject) => {
    transaction.addEventListener("complete", () => resolve());
    transaction.addEventListener("abort", () => reject(failureOf(transaction.error)));
  });
  database.close();
}

export async function readValue(key: string): Promise<unknown> {
  const database = await openDatabase();
  const request = database.transaction(TABLE).objectStore(TABLE).get(key);
  const value = await settled(request);
  database.close();
  return value;
}

function openDatabase(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE);
  request.addEventListener("upgradeneeded", () => request.result.createObjectStore(TABLE));
  return settled(request);
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(failureOf(request.error)));
  });
}

function failureOf(error: DOMException | null): Error {
  return new Error(
    error ? `${error.name}: ${error.message}` : "IndexedDB gave up without a reason",
  );
}

/** What a function's worker thread (`worker.mjs`) and the twin tell each other. */

/** Handed to a new worker. */
export interface WorkerSetup {
  /** File URL of the bundle. */
  readonly module: string;
  /** Name of the exported handler. */
  readonly export: string;
  /** Folder of compiled code: the second start of a bundle need not compile it again. */
  readonly compileCache: string;
}

/** One invocation. */
export interface InvokeMessage {
  readonly requestId: string;
  /** JSON text. */
  readonly payload: string;
  readonly functionName: string;
  readonly functionArn: string;
  readonly memoryMb: number;
  readonly logStream: string;
  /** Milliseconds since 1970 when the invocation times out. */
  readonly deadline: number;
}

/** An error in the shape that Lambda's Node.js runtime answers. */
export interface ErrorDocument {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

/** From the worker: it is loaded, or an invocation has ended. */
export type WorkerAnswer =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'load-failed'; readonly error: ErrorDocument }
  | { readonly kind: 'succeeded'; readonly requestId: string; readonly payload: string }
  | { readonly kind: 'failed'; readonly requestId: string; readonly error: ErrorDocument };

/** Task tokens: handed out by `.waitForTaskToken` tasks, answered through the SendTask… calls. */
import { randomUUID } from 'node:crypto';
import { StatesError, StatesServiceError } from './errors.ts';
import type { Json } from './json.ts';

/** A token that a task waits for. */
export interface OpenToken {
  token: string;
  /** Resolves at SendTaskSuccess, rejects with a StatesError at SendTaskFailure. */
  outcome: Promise<Json>;
  /** The task has ended: whoever still answers gets TaskTimedOut. */
  close(): void;
}

interface Waiting {
  succeed(output: Json): void;
  fail(error: StatesError): void;
  heartbeat(): void;
}

const FORMAT = /^belay-task-[0-9a-f-]{36}$/;

/**
 * All tokens of this process. A token is answered once; afterwards, and after its task timed out or was
 * stopped, every answer is TaskTimedOut. Tokens of an earlier process are TaskDoesNotExist,
 * unless their tasks were woken.
 */
export class TaskTokens {
  private readonly waiting = new Map<string, Waiting>();
  private readonly closed = new Set<string>();
  private readonly reserved = new Map<string, OpenToken>();

  /** The token of a task that was asleep can be answered from now on; the task itself opens it when it is awake. */
  reserve(token: string): void {
    this.reserved.set(
      token,
      this.open(() => {}, token),
    );
  }

  /** A new token, or the one of a task that was asleep; `heartbeat` is called whenever its holder shows that it is alive. */
  open(heartbeat: () => void, token = `belay-task-${randomUUID()}`): OpenToken {
    const reserved = this.reserved.get(token);
    if (reserved !== undefined) {
      this.reserved.delete(token);
      const waiting = this.waiting.get(token);
      if (waiting !== undefined) waiting.heartbeat = heartbeat;
      return reserved;
    }
    const { promise, resolve, reject } = Promise.withResolvers<Json>();
    this.waiting.set(token, { succeed: resolve, fail: reject, heartbeat });
    return { token, outcome: promise, close: () => this.close(token) };
  }

  /** SendTaskSuccess; `output` is JSON text. Throws InvalidOutput, InvalidToken, TaskTimedOut, TaskDoesNotExist. */
  sendSuccess(token: string, output: string): void {
    const waiting = this.find(token);
    waiting.succeed(parseOutput(output));
    this.close(token);
  }

  /** SendTaskFailure. Throws InvalidToken, TaskTimedOut, TaskDoesNotExist. */
  sendFailure(token: string, error?: string, cause?: string): void {
    this.find(token).fail(new StatesError(error, cause));
    this.close(token);
  }

  /** SendTaskHeartbeat. Throws InvalidToken, TaskTimedOut, TaskDoesNotExist. */
  sendHeartbeat(token: string): void {
    this.find(token).heartbeat();
  }

  /** False once it was answered, also before its task has taken note. */
  isOpen(token: string): boolean {
    return this.waiting.has(token);
  }

  private find(token: string): Waiting {
    const waiting = this.waiting.get(token);
    if (waiting !== undefined) return waiting;
    if (this.closed.has(token)) {
      throw new StatesServiceError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");
    }
    if (FORMAT.test(token)) throw new StatesServiceError('TaskDoesNotExist', 'Task does not exist');
    throw new StatesServiceError('InvalidToken', "Invalid Token: 'Invalid token'");
  }

  private close(token: string): void {
    this.waiting.delete(token);
    this.closed.add(token);
  }
}

function parseOutput(output: string): Json {
  try {
    return JSON.parse(output);
  } catch {
    throw new StatesServiceError('InvalidOutput', "Invalid Output: 'The output is not valid JSON'");
  }
}

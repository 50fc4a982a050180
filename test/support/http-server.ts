/** A small HTTP server that imitates a service for one test: real clients talk to it, it keeps what they sent. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface HttpAnswer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  /** Text is sent as it is, anything else as JSON. */
  readonly body?: unknown;
}

export interface HttpServer {
  readonly url: string;
  readonly requests: HttpRequest[];
  close(): void;
}

/** `answer` may throw to break the connection. */
export async function httpServer(answer: (request: HttpRequest) => HttpAnswer): Promise<HttpServer> {
  const requests: HttpRequest[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const { method = '', url = '', headers } = incoming;
    const request = { method, url, headers, body: await text(incoming) };
    requests.push(request);
    try {
      const { status = 200, headers: own = {}, body = '' } = answer(request);
      const type = typeof body === 'string' ? 'text/plain' : 'application/json';
      outgoing.writeHead(status, { 'content-type': type, ...own });
      outgoing.end(typeof body === 'string' ? body : JSON.stringify(body));
    } catch {
      incoming.socket.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** For AWS clients that talk to such a server. */
export const clientOptions = (url: string) => ({
  endpoint: url,
  region: 'eu-west-1',
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'not-a-real-key' },
  maxAttempts: 1,
});

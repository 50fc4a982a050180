/** The X-Ray daemon that runs beside every traced function, as the SDK talks to it. https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-daemon */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { MAX_DOCUMENT_BYTES } from './document.ts';
import type { Traces } from './traces.ts';

const HEADER = '{"format":"json","version":1}\n';

export interface Daemon {
  /** For `AWS_XRAY_DAEMON_ADDRESS`. */
  readonly address: string;
  close(): Promise<void>;
}

/** What is no segment is complained about: nobody hears of it otherwise. */
export async function startDaemon(traces: Traces, complain: (problem: string) => void): Promise<Daemon> {
  const socket = createSocket('udp4');
  socket.on('message', (message) => {
    try {
      const text = message.toString('utf8');
      if (!text.startsWith(HEADER)) throw new Error(`it does not begin with ${HEADER.trim()}`);
      if (message.length - HEADER.length > MAX_DOCUMENT_BYTES)
        throw new Error(`it is longer than ${MAX_DOCUMENT_BYTES} bytes`);
      traces.put(JSON.parse(text.slice(HEADER.length)));
    } catch (error) {
      complain(`a segment was dropped: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    close: () => new Promise((closed) => socket.close(() => closed())),
  };
}

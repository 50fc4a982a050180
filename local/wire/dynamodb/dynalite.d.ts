/** The part of dynalite's interface that the twin uses: https://github.com/architect/dynalite#api */
declare module 'dynalite' {
  import type { Server } from 'node:http';

  export default function dynalite(options: {
    /** Folder of the LevelDB store; in memory without it. */
    path?: string;
    /** Milliseconds a table stays CREATING. */
    createTableMs?: number;
  }): Server;
}

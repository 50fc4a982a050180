/** Whose deliveries `webhook` looks at: the addresses of the configuration, read once at cold start. */
import { BlockList, isIPv6 } from 'node:net';
import { readSources } from '../../core/webhook-sources.ts';

/** Whether deliveries from an address are looked at. What is no address is in no range. */
export type Sources = (address: string) => boolean;

export function sourcesOf(text: string): Sources {
  const ranges = readSources(text);
  if (ranges === undefined) return () => true;
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', prefix] = range.split('/');
    list.addSubnet(network, Number(prefix), familyOf(network));
  }
  return (address) => list.check(address, familyOf(address));
}

const familyOf = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4');

/** The secrets of the twin: those of the stack with the values CloudFormation would make, and those its user puts. */
import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StackSecret } from '../assembly/model.ts';
import type { Place } from '../assembly/resource.ts';
import { writeFileAtomic } from '../wire/files.ts';
import { type Secret, SecretStore } from '../wire/secrets/secret-store.ts';

/** Where secrets are kept. */
interface SecretsPlace {
  readonly folder: string;
  readonly accountId: string;
  readonly region: string;
}

/** A store that takes secrets the stack does not define: people create those by hand. */
export class WorldSecrets extends SecretStore {
  readonly #place: SecretsPlace;
  readonly #names: string;
  readonly #added = new Map<string, SecretStore>();

  /** Opens the secrets; those of the stack that have no value yet get one. */
  constructor(definitions: readonly StackSecret[], folder: string, { account, region }: Place) {
    const place = { folder, accountId: account, region };
    super(definitions, place);
    this.#place = place;
    this.#names = join(folder, 'added.json');
    const names = existsSync(this.#names) ? (JSON.parse(readFileSync(this.#names, 'utf8')) as string[]) : [];
    for (const name of names) this.#add(name);
    for (const definition of definitions) {
      const secret = this.find(definition.name);
      const value = secret.versions.length === 0 ? firstValue(definition) : undefined;
      if (value !== undefined) putCurrent(secret, value);
    }
  }

  override lookup(nameOrArn: string): Secret | undefined {
    const found = super.lookup(nameOrArn);
    if (found !== undefined) return found;
    return [...this.#added.values()]
      .map((store) => store.lookup(nameOrArn))
      .find((secret) => secret !== undefined);
  }

  /** Stores a value, creating the secret when there is none of this name. */
  set(name: string, value: string): void {
    if (this.lookup(name) === undefined) {
      this.#add(name);
      writeFileAtomic(this.#names, JSON.stringify([...this.#added.keys()]));
    }
    putCurrent(this.find(name), value);
  }

  /** The current value. Throws ResourceNotFoundException. */
  current(nameOrArn: string): string {
    return this.find(nameOrArn).find({ stage: 'AWSCURRENT' }).text ?? '';
  }

  #add(name: string): void {
    this.#added.set(name, new SecretStore([{ name }], this.#place));
  }
}

/** What Secrets Manager holds of a GitHub App that is new. */
export function newAppSecret(): string {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  return JSON.stringify({ appId: 1001, privateKey });
}

function putCurrent(secret: Secret, text: string): void {
  secret.put(randomUUID(), { text }, { stages: ['AWSCURRENT'], now: Date.now() });
}

function firstValue({ value, generate }: StackSecret): string | undefined {
  if (generate === undefined) return value;
  const { length, template, key } = generate;
  const password = randomBytes(length).toString('hex').slice(0, length);
  return template === undefined
    ? password
    : JSON.stringify({ ...JSON.parse(template), [key ?? 'password']: password });
}

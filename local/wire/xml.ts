/** The little XML that S3 and STS need: writing documents from plain objects and reading request documents. */

/** What can be written: text, nested members, a repeated member (array), or nothing (undefined is left out). */
export type XmlValue = string | number | boolean | undefined | XmlMembers | readonly XmlValue[];
/** The members of an element, in the order they are written. */
export interface XmlMembers {
  readonly [name: string]: XmlValue;
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text made safe for XML; control characters become references, as S3 writes them in object keys. */
function escapeText(text: string): string {
  return text.replace(
    /[&<>"\p{Cc}]/gu,
    (found) => escapes[found] ?? `&#x${found.charCodeAt(0).toString(16)};`,
  );
}

function write(name: string, value: XmlValue): string {
  if (value === undefined) return '';
  if (Array.isArray(value)) return value.map((item) => write(name, item)).join('');
  if (typeof value === 'object') {
    const members = Object.entries(value as XmlMembers);
    return `<${name}>${members.map(([member, content]) => write(member, content)).join('')}</${name}>`;
  }
  return `<${name}>${escapeText(String(value))}</${name}>`;
}

/** A whole document: `element('Error', { Code: 'NoSuchKey' })`, with an optional default namespace. */
export function element(name: string, members: XmlMembers, namespace?: string): string {
  const text = write(name, members);
  const rooted = namespace === undefined ? text : text.replace(`<${name}>`, `<${name} xmlns="${namespace}">`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${rooted}`;
}

/** A read element: its own text and its child elements in order. */
export interface XmlElement {
  readonly name: string;
  text: string;
  readonly children: XmlElement[];
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescapeText(text: string): string {
  return text.replace(/&(#x[0-9a-fA-F]+|#[0-9]+|[a-z]+);/g, (whole, name: string) => {
    if (name.startsWith('#x')) return String.fromCodePoint(Number.parseInt(name.slice(2), 16));
    if (name.startsWith('#')) return String.fromCodePoint(Number(name.slice(1)));
    return entities[name] ?? whole;
  });
}

/** Reads a document without attributes that matter; undefined when it is not well-formed. */
export function parseXml(source: string): XmlElement | undefined {
  const root: XmlElement = { name: '', text: '', children: [] };
  const open = [root];
  for (const [, prologue, closing, name, selfClosing, text] of source.matchAll(
    /(<\?[^>]*\?>)|<(\/?)([\w:.-]+)[^>]*?(\/?)>|([^<]+)/g,
  )) {
    const current = open.at(-1);
    if (current === undefined) return undefined;
    if (prologue !== undefined) continue;
    if (text !== undefined) current.text += unescapeText(text);
    else if (closing === '/') {
      if (current.name !== name) return undefined;
      open.pop();
    } else {
      const child: XmlElement = { name: name ?? '', text: '', children: [] };
      current.children.push(child);
      if (selfClosing !== '/') open.push(child);
    }
  }
  return open.length === 1 && root.children.length === 1 ? root.children[0] : undefined;
}

/** The children of an element by one name. */
export function childrenOf(parent: XmlElement, name: string): XmlElement[] {
  return parent.children.filter((child) => child.name === name);
}

/** The text of the first child by that name, or undefined. */
export function childText(parent: XmlElement, name: string): string | undefined {
  return parent.children.find((child) => child.name === name)?.text;
}

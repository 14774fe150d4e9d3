import { asText } from './live';

/** The first entry of a list that is no IP address and no range of them. What looks like one is for the server to judge. */
export function wrongRange(value: unknown): string | undefined {
  return asText(value)
    .split(/[\s,;]+/)
    .find((range) => range !== '' && !isRange(range));
}

function isRange(range: string): boolean {
  const [address = '', bits, ...rest] = range.split('/');
  const isVersion4 =
    /^\d{1,3}(\.\d{1,3}){3}$/.test(address) && address.split('.').every((part) => Number(part) < 256);
  const isVersion6 = address.includes(':') && /^[0-9a-f:.]+$/i.test(address);
  const most = isVersion4 ? 32 : 128;
  const hasBits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
  return (isVersion4 || isVersion6) && hasBits && rest.length === 0;
}

/** The words of a command line; none of them has a blank in it. */
export function words(text: string): string[] {
  return text.split(' ').filter((word) => word !== '');
}

/**
 * What a status of a refusal or failure usually means with AS2 systems, and what to do. Many answer with a status
 * where the standard has a negative receipt (HTTP-13).
 */
export const statusRemedies: Readonly<Record<number, string>> = {
  400: 'Their system did not take the request for an AS2 message: check that the URL of the partner is the one for AS2, and that both AS2 names are the agreed ones.',
  402: 'The account of the partner at their provider seems to be suspended: tell the partner.',
  406: 'Their system cannot answer as asked: ask the partner which kind of receipt they can give, and set it.',
  407: 'A proxy on the way wants a user name and password: ask the operator of your network for a way to the partner.',
  409: 'Their system has a message with this Message-ID already: ask the partner whether it was processed; send it as a new message if not.',
  412: 'Their system expects a condition that the message does not meet: ask the partner what is missing.',
  414: 'The URL of the partner is too long for their system: check it.',
  415: 'Their system does not take this kind of content: check that the URL of the partner is the one for AS2, and ask whether they want messages signed, encrypted or compressed in another way, or another content type.',
  421: 'The address leads to another server than the one meant: check host name and port in the URL of the partner.',
  422: 'Their system understood the request but does not accept it. Usually it does not know the AS2 names or the certificate: compare them with the partner.',
  426: 'Their system wants another protocol: ask whether the URL of the partner should start with https://.',
  431: 'A header is too long for their system: use a shorter subject and file name.',
  451: 'It is not allowed for legal reasons: ask the partner.',
  495: 'Their system did not accept your TLS client certificate: check it in the connection settings of the partner, and that the partner has entered it.',
  496: 'Their system wants a TLS client certificate: enter one in the connection settings of the partner.',
  497: 'The port wants https: the URL of the partner should start with https://.',
  500: 'Some systems answer so when they do not know the AS2 names or cannot decrypt or verify the message: if it stays so, compare names and certificates with the partner, and ask what their log says.',
  501: 'Their system does not know how to take a message at this address: check the path in the URL of the partner.',
  502: 'A proxy in front of their AS2 system cannot reach it: tell the partner if it stays so.',
  504: 'A proxy in front of their AS2 system waited for it too long. The message may have arrived: with large messages ask for asynchronous receipts.',
  505: 'Their server does not speak HTTP/1.1: ask the partner to update it.',
  507: 'Their system has no room for the message: tell the partner.',
  511: 'A gate of your own network wants to be passed first: ask its operator.',
  521: 'A proxy in front of their AS2 system cannot reach it: tell the partner if it stays so.',
  522: 'A proxy in front of their AS2 system cannot reach it: tell the partner if it stays so.',
  523: 'A proxy in front of their AS2 system cannot reach it: tell the partner if it stays so.',
  524: 'A proxy in front of their AS2 system waited for it too long. The message may have arrived: with large messages ask for asynchronous receipts.',
  525: 'A proxy in front of their AS2 system cannot agree on a secure connection with it: tell the partner.',
  526: 'A proxy in front of their AS2 system does not accept its certificate: tell the partner.',
};

/** One sentence or two; for a status nobody has told us about, a general one. */
export function statusRemedy(status: number): string {
  return (
    statusRemedies[status] ??
    (status < 500
      ? 'Ask the partner what their system did not like, and name this status.'
      : 'If it stays so, tell the partner.')
  );
}

/**
 * Every error the package can report: one code, one sentence. The sentence says what happened and what to do
 * about it; `{name}` places are filled from the facts of the error. This table is the source of the user's
 * documentation (`docs/errors.md`) and of the editor's locale catalogue, so that a translation needs no code.
 */
export const errorTexts = {
  // --- general
  unexpected:
    'An unexpected problem occurred: {reason}. If it happens again, please report it with the log of this moment.',
  truncated:
    'The data ended too early: {expected} more bytes were announced than arrived. It was cut off on its way.',
  'spill-failed':
    'The temporary file for a message could not be written in {directory}: {reason}. Free disk space or choose another spool directory.',

  // --- asn1
  'asn1-malformed':
    'The binary structure (ASN.1) is damaged: {problem}. It was altered on its way, or it is not what it was announced to be.',

  // --- mime

  // --- pki

  // --- cms
  'algorithm-unsupported':
    'The {purpose} algorithm {algorithm} is not supported. Agree with the partner on another one.',
  'content-type-unexpected': 'The message holds the CMS content type {found} where {expected} was expected.',
  'decryption-failed':
    'The message could not be decrypted with the key for {certificate}. It was damaged on its way, or it was encrypted for another certificate: compare certificates with the partner.',
  'decryption-no-key':
    'The message is encrypted for {recipients}; the keys held here are for {keys}. Give the partner the current certificate, or add the key pair it was encrypted for.',
  'runtime-too-old':
    'This Node.js ({version}) cannot decrypt RSA PKCS#1 v1.5 safely. Use Node.js 22.9 or newer.',
  'signing-key-unsuitable':
    'The signing key ({keyKind}) cannot make a signature of the kind {scheme} with {digest}. Choose other signature settings or another key.',

  // --- as2

  // --- http
  'http-aborted': 'The transfer to {host} was ended by us before it was complete.',
  'http-busy':
    '{host} has no time for the message right now (HTTP status {status}). Send it again later; nothing is wrong with the message.',
  'http-connect-timeout':
    '{host} did not take the connection on port {port} within {seconds} seconds. Check the URL of the partner and whether a firewall lets this machine out to that port.',
  'http-connection-lost':
    'The connection to {host} broke after {sentBytes} of {totalBytes} bytes: {reason}. The message can be sent again with the same Message-ID; if it always breaks, ask the partner for a size limit or a proxy that ends connections.',
  'http-connection-refused':
    '{host} refused the connection on port {port}. Check the port in the URL of the partner; if it is right, the system of the partner is down or does not admit the address of this machine.',
  'http-credentials-need-tls':
    'A user name and password are set for {host}, but its URL starts with http://, which would send them readable for everyone. Use an https:// URL or remove the credentials.',
  'http-forbidden':
    '{host} does not allow the request (HTTP status 403). Ask the partner to admit the address of this machine and the AS2 names in use.',
  'http-host-unknown':
    'The host {host} is not known: its name could not be resolved. Check the URL of the partner for typing errors, and the name service of this machine.',
  'http-host-unreachable':
    'The host {host} cannot be reached from this machine: {reason}. Check the network connection and the URL of the partner.',
  'http-length-required':
    '{host} wants to know the length of the message in advance (HTTP status 411), although it was sent with a Content-Length. A proxy on the way removes it; ask the operator of the network.',
  'http-method-refused':
    'The address {url} does not take POST (HTTP status 405), so it is not an AS2 address. Check the path in the URL of the partner.',
  'http-not-found':
    'The host was reached, but there is nothing at {url} (HTTP status {status}). Check the path in the URL of the partner.',
  'http-redirected':
    '{host} answered that the address has moved to {location} (HTTP status {status}). A message is never sent on by itself: if the partner confirms the new address, enter it as URL of the partner.',
  'http-refused':
    '{host} refused the request with HTTP status {status}: {page}. Ask the partner what their system did not like, and name this status.',
  'http-response-malformed':
    'What {host} answered is not HTTP: {reason}. Check whether the URL of the partner should start with https:// and whether the port is right.',
  'http-response-timeout':
    '{host} did not answer within {seconds} seconds. The message may have arrived: send it again with the same Message-ID, or give the partner more time in the connection settings.',
  'http-response-too-large':
    '{host} answered with more than {limitBytes} bytes, which no receipt needs. Check whether the URL of the partner is an AS2 address.',
  'http-response-truncated':
    'The answer of {host} broke off before its end. The message may have arrived: send it again with the same Message-ID.',
  'http-server-error':
    'The system of the partner at {host} reports a problem of its own (HTTP status {status}): {page}. Send the message again later; if it stays so, tell the partner.',
  'http-too-large':
    'The message of {sizeBytes} bytes is too large for {host} (HTTP status 413). Ask the partner to raise the limit, or send smaller files.',
  'http-unauthorized':
    '{host} asks for a user name and password or does not accept the ones that are set (HTTP status 401). Check the credentials in the connection settings of the partner.',
  'http-url-invalid':
    'The address "{url}" cannot be used: {reason}. The URL of a partner starts with http:// or https:// and names a host.',
  'request-cut-off':
    'The sender {remoteAddress} broke the connection after {receivedBytes} bytes, before the message was complete. Nothing was processed; the sender has to send it again.',
  'request-encoding':
    'The request from {remoteAddress} has the content coding "{encoding}", which AS2 does not use. The sender has to switch off HTTP compression.',
  'request-header-repeated':
    'The request from {remoteAddress} has the header {header} more than once with different values. It was refused, because it cannot be told which one counts.',
  'request-length-ambiguous':
    'The request from {remoteAddress} states its length in two ways. It was refused, because such a request can smuggle a second one past a proxy.',
  'request-method':
    'A {method} request from {remoteAddress} came to an AS2 address, which takes only POST. If a browser was pointed at it, all is well.',
  'request-path-unknown':
    'A request from {remoteAddress} came for the path {path}, at which no AS2 node listens. If a partner uses it, give them the right URL.',
  'request-timeout':
    'The sender {remoteAddress} sent nothing for {seconds} seconds, after {receivedBytes} bytes of a message. Nothing was processed; the sender has to send it again.',
  'request-too-large':
    'The request from {remoteAddress} is larger than the limit of {limitBytes} bytes. If such messages are wanted, raise the limit of the AS2 node.',
  'tls-expired':
    'The TLS certificate of {host} is outside its validity: {reason}. The partner has to renew it. This is the certificate of the web server, not the one for AS2 messages.',
  'tls-failed':
    'The secure connection to {host} could not be agreed: {reason}. Check whether the port speaks TLS and whether the partner wants a client certificate from you.',
  'tls-options-unreadable':
    'The TLS settings for {host} cannot be used: {reason}. Check the certificate, the key and its passphrase.',
  'tls-untrusted':
    'The TLS certificate of {host} is not trusted: {reason}. If the partner confirms it, enter it (or the certificate of its issuer) as trusted TLS certificate in the connection settings of the partner.',
  'tls-verification-off':
    'The TLS settings for {host} switch the check of the server certificate off. No message is sent that way: switch it on and enter the TLS certificate of the partner as trusted instead.',
  'tls-wrong-name':
    'The TLS certificate of {host} was made for another name: {reason}. Use the host name of the certificate in the URL of the partner, or ask the partner to correct the certificate.',

  // --- store
  'exchange-unreadable':
    'The record of an exchange in {path} cannot be read: {reason}. It was left as it is; move the folder away if it is damaged.',
  'store-full':
    'The disk is full: {path} could not be written. Messages are refused until there is room; free disk space or choose another spool directory.',
  'store-unavailable':
    'The spool directory does not work: {path}: {reason}. Check that it exists and that Node-RED may write there. Messages are refused until it works again.',

  // --- exchange

  // --- nodes
} as const satisfies Record<string, string>;

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
  'base64-foreign':
    'The content is declared as base64 but holds the byte {byte}, which base64 never has. The partner probably sends binary content: its Content-Transfer-Encoding must say binary.',
  'base64-truncated':
    'The base64 content ends in the middle of a group of characters. It was cut off on its way; ask the partner to send it again.',
  'header-injection':
    'The value for {name} holds a line break or a NUL character and was refused. Remove it.',
  'header-name-invalid': 'A header cannot be named "{name}". Use letters, digits and hyphens only.',
  'header-not-latin1':
    'The header {name} holds characters that cannot travel in a header as they are. Use ASCII, or encode the value first.',
  'mime-boundary-invalid':
    'The text "{boundary}" cannot be a multipart boundary. Use 1 to 70 letters and digits.',
  'mime-boundary-missing':
    'The Content-Type of a multipart names no usable boundary (found: "{boundary}", at most {longest} characters are allowed). The partner must send one.',
  'mime-boundary-not-found':
    'The boundary "{boundary}" that the Content-Type names occurs nowhere in the multipart body. The content was changed or cut off on its way, or the partner names a wrong boundary.',
  'mime-headers-too-large': 'A block of MIME headers is larger than the limit of {limitBytes} bytes.',
  'mime-multipart-truncated':
    'The multipart body ends without the closing boundary "{boundary}". It was cut off on its way; ask the partner to send it again.',
  'mime-too-deep': 'The message holds more than {limit} MIME layers inside each other and was refused.',
  'mime-too-many-parts': 'A multipart holds more than the allowed {limit} parts and was refused.',

  // --- pki
  'certificate-country-invalid':
    'The country "{country}" cannot stand in a certificate. Enter its code of two letters, such as DE or US, or leave the field empty.',
  'certificate-damaged':
    'The certificate is incomplete or damaged. Copy it again from the line -----BEGIN CERTIFICATE----- to the line -----END CERTIFICATE-----, both included, or use the original file.',
  'certificate-expired':
    'The {role} certificate of {owner} expired on {notAfter} ({subject}, serial number {serialNumber}). Ask its owner for the current certificate and configure it; if it is your own, make or import a new one and give it to your partners.',
  'certificate-is-java-keystore':
    'This is a Java keystore, not a certificate. Export the certificate from it: keytool -exportcert -rfc -alias NAME -keystore FILE.',
  'certificate-is-openpgp':
    'This is an OpenPGP key, which AS2 does not use. Ask for the X.509 certificate: a file with -----BEGIN CERTIFICATE----- in it, or with the ending .cer, .crt, .pem or .p7b.',
  'certificate-is-pkcs12':
    'This is a PKCS#12 file (.p12, .pfx): it holds a private key beside the certificate. A partner sends only the certificate (.cer, .crt, .pem or .p7b); import your own PKCS#12 file in the identity.',
  'certificate-is-private-key':
    'This is a private key, not a certificate. A private key belongs to its owner alone: if a partner sent it, it must be replaced. The certificate starts with -----BEGIN CERTIFICATE-----.',
  'certificate-is-public-key':
    'This is a bare public key, not a certificate. Ask for the X.509 certificate that was issued for it; it starts with -----BEGIN CERTIFICATE-----.',
  'certificate-is-request':
    'This is a certificate request (CSR), not yet a certificate. Use the certificate that the certificate authority issued for it; it starts with -----BEGIN CERTIFICATE-----.',
  'certificate-is-revocation-list':
    'This is a certificate revocation list (CRL), not a certificate. Ask for the certificate itself (.cer, .crt, .pem or .p7b).',
  'certificate-is-ssh-key':
    'This is an SSH key, which AS2 does not use. Ask for the X.509 certificate: a file with -----BEGIN CERTIFICATE----- in it, or with the ending .cer, .crt, .pem or .p7b.',
  'certificate-key-unsupported':
    'The certificate {subject} holds a kind of key that cannot be used here: {keyKind}. Ask for a certificate with an RSA key, or with an EC key on P-256, P-384 or P-521.',
  'certificate-missing':
    'There is no certificate: the text or file is empty. Paste the certificate, or choose its file (.cer, .crt, .pem or .p7b).',
  'certificate-name-invalid':
    'The {field} cannot stand in a certificate. Enter 1 to {longest} characters without line breaks.',
  'certificate-not-yet-valid':
    'The {role} certificate of {owner} is not valid before {notBefore} ({subject}, serial number {serialNumber}). Use the former certificate until then; if the date has passed, set the clock of this machine.',
  'certificate-too-many':
    'The file holds {count} certificates; {most} are the most that are read. Export only the certificate of the partner and those that issued it.',
  'certificate-unreadable':
    'The certificate cannot be read: {reason}. Ask for it as a file in X.509 format (.cer, .crt, .pem or .p7b).',
  'certificate-validity-invalid':
    'A certificate cannot be valid for {validDays} days. Enter a number of days above 0 that ends before the year 9999.',
  'key-certificate-mismatch':
    'The private key ({privateKeyKind}) does not belong to the certificate {subject} ({certificateKeyKind}). Choose the key and the certificate that were made together.',
  'pkcs12-damaged':
    'The PKCS#12 file is damaged or incomplete: {reason}. Export it again and transfer it as a binary file.',
  'pkcs12-missing': 'There is no PKCS#12 file: it is empty. Choose the file with the ending .p12 or .pfx.',
  'pkcs12-no-certificate':
    'The PKCS#12 file holds a private key but no certificate that belongs to it. Export it again, this time with the certificate.',
  'pkcs12-no-private-key':
    'The PKCS#12 file holds no private key. Export it again, this time with the private key.',
  'pkcs12-passphrase':
    'The passphrase does not open the PKCS#12 file. Enter the one that was set when the file was exported; capital letters count.',
  'pkcs12-several-keys':
    'The PKCS#12 file holds {count} private keys, and it is not clear which one is meant. Export only the one for AS2, for example: keytool -importkeystore -srckeystore FILE -srcalias NAME -destkeystore NEW.p12 -deststoretype PKCS12.',
  'pkcs12-unreadable':
    'This is not a PKCS#12 file. Choose the file with the ending .p12 or .pfx; a PEM or a certificate alone is imported in its own field.',
  'pkcs12-unsupported':
    'The PKCS#12 file is protected in a way that cannot be read here: {algorithm}. Export it again with AES-256, or convert it: openssl pkcs12 -in OLD -nodes -out KEY.pem, openssl pkcs12 -export -in KEY.pem -out NEW.',
  'private-key-damaged':
    'The private key is incomplete or damaged. Copy it again from its -----BEGIN line to its -----END line, both included, or use the original file.',
  'private-key-encryption-unsupported':
    'The private key is encrypted in a way that cannot be read here. Encrypt it again: openssl pkcs8 -topk8 -v2 aes256 -in OLD -out NEW.',
  'private-key-is-certificate':
    'This is a certificate, not a private key. The private key is the other half; it starts with -----BEGIN PRIVATE KEY----- or is inside a PKCS#12 file (.p12, .pfx).',
  'private-key-is-java-keystore':
    'This is a Java keystore. Convert it to PKCS#12 and import that: keytool -importkeystore -srckeystore FILE -destkeystore NEW.p12 -deststoretype PKCS12.',
  'private-key-is-openpgp':
    'This is an OpenPGP key, which AS2 does not use. Generate a key pair here, or import one as PEM or PKCS#12 (.p12, .pfx).',
  'private-key-is-pkcs12':
    'This is a PKCS#12 file. Import it as such: it brings the private key and the certificate together.',
  'private-key-is-public-key':
    'This is a public key, not a private key. The private key starts with -----BEGIN PRIVATE KEY----- or is inside a PKCS#12 file (.p12, .pfx).',
  'private-key-is-request':
    'This is a certificate request (CSR), not a private key. Use the private key that the request was made with; it starts with -----BEGIN PRIVATE KEY-----.',
  'private-key-is-ssh-key':
    'This is an SSH key. AS2 needs a key with an X.509 certificate: generate a key pair here, or import one as PEM or PKCS#12 (.p12, .pfx). An SSH key that has a certificate is converted by: ssh-keygen -p -m PEM -f FILE.',
  'private-key-missing':
    'There is no private key: the text or file is empty. Generate a key pair, or import one as PEM or PKCS#12 (.p12, .pfx).',
  'private-key-passphrase':
    'The passphrase does not open the private key. Enter the one that was set when the key was encrypted; capital letters count.',
  'private-key-passphrase-missing': 'The private key is encrypted. Enter its passphrase.',
  'private-key-unreadable':
    'The private key cannot be read. Use PEM (-----BEGIN PRIVATE KEY-----) or a PKCS#12 file (.p12, .pfx) with an RSA or EC key.',

  // --- cms
  'algorithm-unsupported':
    'The {purpose} algorithm {algorithm} is not supported. Agree with the partner on another one.',
  'content-length-needed':
    'The cipher {cipher} has to know the length of the content beforehand. Send from a file or a Buffer, or choose another cipher.',
  'content-type-unexpected': 'The message holds the CMS content type {found} where {expected} was expected.',
  'decompression-failed':
    'The message could not be decompressed: {reason}. It was damaged on its way, or the partner does not compress as RFC 3274 says (zlib).',
  'decompression-too-large':
    'The message becomes larger than allowed when it is decompressed: more than {limit}. If the partner really sends this much, raise the limit.',
  'decryption-failed':
    'The message could not be decrypted with the key for {certificate}. It was damaged on its way, or it was encrypted for another certificate: compare certificates with the partner.',
  'decryption-no-key':
    'The message is encrypted for {recipients}; the keys held here are for {keys}. Give the partner the current certificate, or add the key pair it was encrypted for.',
  'digests-lost':
    'The thread that takes the digests of large messages ended in the middle of this one: {reason}. Another one is started with the next message; send this one again. If it happens again, give Node.js more memory.',
  'runtime-too-old':
    'This Node.js ({version}) cannot decrypt RSA PKCS#1 v1.5 safely: its OpenSSL tells wrong padding from right. Update to the newest release of Node.js 22, 24 or later.',
  'signing-key-unsuitable':
    'The signing key ({keyKind}) cannot make a signature of the kind {scheme} with {digest}. Choose other signature settings or another key.',

  // --- as2
  'as2-header-missing':
    'The request has no {header} header, so it is not an AS2 message. Whoever sends it must use an AS2 product, or the right address.',
  'as2-name-invalid':
    'The AS2 name "{name}" cannot be used. It needs 1 to {longest} printable ASCII characters: letters, digits, blanks and punctuation.',
  'as2-name-malformed':
    'The request carries the AS2 name "{name}", which is empty, too long or holds control characters. The sender has to correct it.',
  'attachments-missing':
    'The message claims to hold several documents, but there is none in it. The partner has to send it again.',
  'message-cipher-not-allowed':
    'The message is encrypted with {cipher}, which is not allowed for this partner. Agree on AES, or allow {cipher} in the settings of the partner.',
  'message-digest-not-allowed':
    'The message is signed with {digest}, which is not allowed for this partner. Agree on SHA-256, or allow {digest} in the settings of the partner.',
  'message-id-invalid':
    'The Message-ID "{messageId}" cannot be used. It must look like <unique-part@host>, without blanks, with at most {longest} characters.',
  'message-not-encrypted':
    'The message came unencrypted, although the settings of the partner require encryption. Ask the partner to encrypt it with your certificate, or lower the requirement.',
  'message-not-signed':
    'The message came without a signature, although the settings of the partner require one. Ask the partner to sign, or lower the requirement.',
  'mic-algorithms-unsupported':
    'The sender accepts only receipts with one of these digests, none of which is supported: {algorithms}. Ask the partner to request SHA-256.',
  'payload-too-large':
    'The content of the message is larger than the limit of {limitBytes} bytes. If such messages are wanted, raise the limit of the AS2 node.',
  'receipt-altered':
    'The receipt for {messageId} was changed after {found} signed it, so it proves nothing. Ask the partner whether the message arrived; send it again with the same Message-ID.',
  'receipt-digest-not-allowed':
    'The receipt for {messageId} is signed with {digest}, which is not allowed for this partner, so it proves nothing. Ask the partner to sign receipts with SHA-256, or allow {digest} in the settings of the partner.',
  'receipt-format-unsupported':
    'The sender accepts only receipts signed in a format that is not supported: {formats}. AS2 uses pkcs7-signature; ask the partner to request that.',
  'receipt-mic-algorithm-unknown':
    'The receipt states the digest of the message with {algorithm}, which was not computed when it was sent ({kept}). Ask the partner to answer with the algorithm that was asked for.',
  'receipt-mic-mismatch':
    'The receipt for {messageId} states the {algorithm} digest {received}, but {expected} was expected. {remedy} As it stands, the receipt does not prove what arrived.',
  'receipt-mic-missing':
    'The receipt for {messageId} does not say what content arrived (it has no Received-content-MIC), so it proves nothing. Ask the partner to send complete receipts.',
  'receipt-missing':
    'The partner answered, but not with a receipt: {contentType}: {excerpt}. Check whether the URL is the AS2 address of the partner, and ask the partner whether the message arrived.',
  'receipt-negative':
    'The partner did not accept message {messageId}: {disposition}. {remedy} The partner wrote: “{partnerText}”.',
  'receipt-other-message':
    'The receipt is for another message ({received}), not for {messageId}. Ask the partner whether the message arrived, and what became of the other one.',
  'receipt-other-partner':
    'The receipt for {messageId} is from {from} to {to}, expected was {expectedFrom} to {expectedTo}. Check the AS2 names with the partner.',
  'receipt-signature-invalid':
    'The signature of the receipt for {messageId} does not fit the certificate configured for the partner ({expected}), so it proves nothing. If the partner has a new certificate, configure it; else ask them what their product signs with.',
  'receipt-signer-unknown':
    'The receipt for {messageId} is signed by {found}; configured for the partner is {expected}. It says “{disposition}”, which proves nothing that way. If the partner confirms the new certificate by its fingerprint, configure it too and ask whether the message arrived.',
  'receipt-too-large':
    'The receipt is larger than {limitBytes} bytes, which no receipt needs. Ask the partner not to send the message back with it.',
  'receipt-unbound':
    'The receipt that came for {messageId} does not say which message it is for: it names neither a Message-ID nor a matching digest. Ask the partner to send complete receipts.',
  'receipt-unreadable': 'The receipt cannot be read: {reason} Ask the partner whether the message arrived.',
  'receipt-unsigned':
    'A signed receipt was asked for, but the one for {messageId} is not signed, so it proves nothing. Ask the partner to sign receipts, or ask for unsigned ones in the settings of the partner.',
  'receipt-url-invalid':
    'The address for receipts "{url}" cannot be used. It must start with http:// or https://.',
  'signature-algorithm-unsupported':
    'The signature uses {algorithm}, which is not supported. Agree with the partner on RSA with SHA-256.',
  'signature-certificate-missing':
    'The message is signed by {found}, but no signing certificate is configured for the partner. Enter it in the settings of the partner, after comparing the fingerprint with them.',
  'signature-content-altered':
    'The content of the message is not the one that was signed by {found}. It was changed on its way, for example by a proxy or a virus scanner: the partner has to send it again.',
  'signature-invalid':
    'The signature does not fit the certificate configured for the partner ({expected}). If the partner has a new certificate, configure it; else somebody else used their name.',
  'signature-part-missing':
    'The message claims to be signed, but has {parts} parts instead of the content and its signature. It was cut off on its way, or the product of the partner does not work.',
  'signature-signer-unknown':
    'The message is signed by {found}; configured for the partner is {expected}. If the partner confirms the new certificate by its fingerprint, configure it too; else do not trust the message.',
  'signature-too-large':
    'The signature is larger than {limitBytes} bytes. The partner sends too many certificates along with it.',
  'signature-unreadable':
    'The signature of the message cannot be read: {reason} The partner has to send the message again.',
  'signature-without-content':
    'The message claims to be signed data, but there is no content in it. It may be a bare signature or a certificate: ask the partner what was meant.',

  // --- http
  'address-range-invalid':
    'The entry "{range}" is no IP address and no range of them. Write them like 192.0.2.7, 198.51.100.0/24 or 2001:db8::/32, with commas in between.',
  'http-aborted': 'The transfer to {host} was ended by us before it was complete.',
  'http-address-refused':
    '{host} stands for the address {address}, which is not called: {reason}. If it is right, name that address among the hosts for receipts in the settings of the partner.',
  'http-busy':
    '{host} has no time for the message right now (HTTP status {status}). Send it again later; nothing is wrong with the message.',
  'http-connect-timeout':
    '{host} did not take the connection on port {port} within {seconds} seconds. Check the URL of the partner and whether a firewall lets this machine out to that port.',
  'http-connection-lost':
    'The connection to {host} broke after {sentBytes} of {totalBytes} bytes: {reason}. The message can be sent again with the same Message-ID; if it always breaks, ask the partner for a size limit or a proxy that ends connections.',
  'http-connection-refused':
    '{host} refused the connection on port {port}. Check the port in the URL of the partner; if it is right, the system of the partner is down or does not admit the address of this machine.',
  'http-credentials-need-tls':
    'A user name and password (or a token) are set for {host}, but its URL starts with http://, which would send them readable for everyone. Use an https:// URL or remove them.',
  'http-forbidden':
    '{host} does not allow the request (HTTP status 403): {page}. Ask the partner to admit the address of this machine and the AS2 names in use; some systems answer so when they do not know them.',
  'http-header-not-allowed':
    'The header "{name}" cannot be sent along: {reason}. Correct or remove it in the connection settings of the partner.',
  'http-host-unknown':
    'The host {host} is not known: its name could not be resolved. Check the URL of the partner for typing errors, and the name service of this machine.',
  'http-host-unreachable':
    'The host {host} cannot be reached from this machine: {reason}. Check the network connection and the URL of the partner.',
  'http-length-required':
    '{host} wants to know the length of the message in advance (HTTP status 411), although it was sent with a Content-Length. A proxy on the way removes it; ask the operator of the network.',
  'http-method-refused':
    'The address {url} does not take POST (HTTP status 405), so it is not an AS2 address. Check the path in the URL of the partner.',
  'http-not-found':
    'The host was reached, but there is nothing at {url} (HTTP status {status}). Check the path in the URL of the partner; some systems also answer so when they do not know the AS2 names.',
  'http-redirected':
    '{host} answered that the address has moved to {location} (HTTP status {status}). A message is never sent on by itself: if the partner confirms the new address, enter it as URL of the partner.',
  'http-redirects-too-many':
    '{host} moved the message on {redirects} times, and then once more to {location}. Ask the partner for the address that takes messages, and enter it as URL of the partner.',
  'http-refused': '{host} refused the request with HTTP status {status}: {page}. {remedy}',
  'http-response-malformed':
    'What {host} answered is not HTTP: {reason}. Check whether the URL of the partner should start with https:// and whether the port is right.',
  'http-response-timeout':
    '{host} did not answer within {seconds} seconds. The message may have arrived: send it again with the same Message-ID, or give the partner more time in the connection settings.',
  'http-response-too-large':
    '{host} answered with more than {limitBytes} bytes, which no receipt needs. Check whether the URL of the partner is an AS2 address.',
  'http-response-truncated':
    'The answer of {host} broke off before its end. The message may have arrived: send it again with the same Message-ID.',
  'http-server-error':
    'The system of the partner at {host} reports a problem of its own (HTTP status {status}): {page}. Send the message again later. {remedy}',
  'http-too-large':
    'The message of {sizeBytes} bytes is too large for {host} (HTTP status 413). Ask the partner to raise the limit, or send smaller files.',
  'http-unauthorized':
    '{host} asks for a user name and password or does not accept the ones that are set (HTTP status 401). Check the credentials in the connection settings of the partner.',
  'http-url-invalid':
    'The address "{url}" cannot be used: {reason}. The URL of a partner starts with http:// or https:// and names a host.',
  'listener-address-unavailable':
    'The listener cannot use the address {host}: {reason}. Enter an address that this machine has, or leave the field empty for all of them.',
  'listener-failed': 'The listener on port {port} cannot work: {reason}.',
  'listener-port-forbidden':
    'Node-RED may not listen on port {port}. Ports below 1024 are usually reserved for administrators: choose another one such as 4433 and let the firewall or a proxy forward to it, or allow it to Node.js (on Linux: setcap cap_net_bind_service=+ep on the node program).',
  'listener-port-taken':
    'Port {port} is in use by another program or another listener. Choose another port, or end what uses it; then deploy again.',
  'listener-tls-unusable':
    'The listener cannot use its TLS configuration: {reason}. It needs a certificate and the private key that belongs to it.',
  'proxy-cannot-reach':
    'The proxy {proxy} could not reach {host} (HTTP status {status}). Check the URL of the partner; if it is right, ask the operator of the proxy whether it may connect there.',
  'proxy-refused':
    'The proxy {proxy} does not connect to {host} (HTTP status {status}). Ask its operator to allow this host and port, or name the host among the exceptions of the proxy.',
  'proxy-unauthorized':
    'The proxy {proxy} asks for a user name and password or does not accept the ones that are set (HTTP status 407). Check them in the settings of the proxy.',
  'proxy-unreachable':
    'The proxy {proxy} cannot be used: {reason}. Check its address in the connection settings of the partner (or in the environment of Node-RED), and whether it runs.',
  'proxy-url-invalid':
    'The address of the proxy cannot be used: {reason}. It looks like http://proxy.example:3128.',
  'request-address-refused':
    'A request came from {remoteAddress}, which is none of the addresses that may come. If it is a partner, add the address; behind a proxy, name the proxy as trusted, so that the address of the sender counts.',
  'request-body-taken':
    'The body of a request from {remoteAddress} was read by something else before the AS2 node, so its bytes are lost. Remove the middleware that reads bodies (httpNodeMiddleware in settings.js), or let it leave AS2 paths alone.',
  'request-certificate-missing':
    'A request from {remoteAddress} came in the name of a partner that has to show a TLS certificate, and showed none. The partner has to send it; and the listener, or the proxy in front, has to ask for it.',
  'request-certificate-wrong':
    'A request from {remoteAddress} came in the name of a partner with a foreign TLS certificate: {subject}, SHA-256 {fingerprint}. If the partner confirms that it is theirs, enter it in the settings of the partner.',
  'request-cut-off':
    'The sender {remoteAddress} broke the connection after {receivedBytes} bytes, before the message was complete. Nothing was processed; the sender has to send it again.',
  'request-encoding':
    'The request from {remoteAddress} has the content coding "{encoding}", which AS2 does not use. The sender has to switch off HTTP compression.',
  'request-head-malformed':
    'The head of a request from {remoteAddress} is malformed at "{header}". It was refused, because a proxy may have read it differently.',
  'request-header-repeated':
    'The request from {remoteAddress} has the header {header} more than once with different values. It was refused, because it cannot be told which one counts.',
  'request-interrupted':
    'The connection from {remoteAddress} was cut off in the middle of a message. {heldBytes} bytes of it are kept, and a sender that knows AS2 Restart goes on behind them; any other one sends the whole message again.',
  'request-length-ambiguous':
    'The request from {remoteAddress} states its length in two ways. It was refused, because such a request can smuggle a second one past a proxy.',
  'request-login-missing':
    'A request from {remoteAddress} brought no user name and password, and was asked for them. If it is a partner, give them the ones that are set.',
  'request-login-needs-tls':
    'A request from {remoteAddress} did not come by https, so its user name and password would travel readable and were not looked at. Give the partner an https address; behind a proxy that does TLS, name the proxy as trusted.',
  'request-login-wrong':
    'A request from {remoteAddress} brought a wrong user name or password. If it is a partner, compare them.',
  'request-made-room':
    'The sender {remoteAddress} was so slow that its connection was closed to give its place to another message. Nothing was processed; the sender has to send it again over a better connection.',
  'request-method':
    'A {method} request from {remoteAddress} came to an AS2 address, which takes only POST. If a browser was pointed at it, all is well.',
  'request-path-unknown':
    'A request from {remoteAddress} came for the path {path}, at which no AS2 node listens. If a partner uses it, give them the right URL.',
  'request-range-refused':
    'A message was to be gone on with at byte {firstByte}, but {heldBytes} bytes of it are here. The sender was told so and goes on there.',
  'request-timeout':
    'The sender {remoteAddress} sent nothing for {seconds} seconds, after {receivedBytes} bytes of a message. Nothing was processed; the sender has to send it again.',
  'request-too-large':
    'The request from {remoteAddress} is larger than the limit of {limitBytes} bytes. If such messages are wanted, raise the limit of the AS2 node.',
  'request-too-often':
    'There were more than {limit} {what} in a minute. The next ones get HTTP status 429 until the minute is over.',
  'request-too-slow':
    'The sender {remoteAddress} sent only {receivedBytes} bytes of a message in {seconds} seconds, which keeps a place from others. Nothing was processed; the sender has to send it again over a better connection.',
  'transfer-in-work':
    'A message was to be gone on with while it is still coming on another connection. The sender was asked to come again in a moment.',
  'tls-chain-incomplete':
    'The server at {host} shows only its own certificate, issued by {issuer}, which is not trusted ({reason}). If {issuer} belongs to a public authority, the partner has to let the server send its intermediate certificates too; else enter the certificate of {issuer}, or that of the server, as trusted TLS certificate in the connection settings of the partner. Its SHA-256 fingerprint is {fingerprint}.',
  'tls-client-certificate-refused':
    'The server at {host} does not accept the client certificate that is shown to it: {reason}. Check in the connection settings of the partner that it is the agreed one and not expired, and ask the partner to enter it (or its issuer) at the server.',
  'tls-client-certificate-required':
    'The server at {host} wants a TLS client certificate, and none is set ({reason}). Enter the agreed one with its key in the connection settings of the partner, and give the certificate to the partner.',
  'tls-expired':
    'The TLS certificate of {host} is no longer valid: {reason}. The partner has to renew it. This is the certificate of the web server, not the one for AS2 messages.',
  'tls-failed':
    'The secure connection to {host} could not be agreed: {reason}. Check whether the port speaks TLS and whether the partner wants a client certificate from you.',
  'tls-issuer-no-authority':
    'The TLS certificate of {host} was issued by {issuer}, whose certificate may not issue others: it is not that of an authority. It was shown as {chain}, SHA-256 fingerprint {fingerprint}. The partner needs a certificate of an authority, or a self-signed one. If the partner confirms this one all the same, enter its fingerprint in the connection settings of the partner.',
  'tls-not-yet-valid':
    'The TLS certificate of {host} is not valid yet: {reason}. Check the clock of this machine; if it is right, the partner has installed a certificate too early. This is the certificate of the web server, not the one for AS2 messages.',
  'tls-options-unreadable':
    'The TLS settings for {host} cannot be used: {reason}. Check the certificate, the key and its passphrase.',
  'tls-pin-differs':
    'The server at {host} shows another certificate than the one that is pinned: SHA-256 fingerprint {fingerprint} ({chain}). Nothing was sent to it. If the partner confirms this fingerprint, enter it in the connection settings of the partner, beside the old one during a change; if not, someone else answers in the place of the partner.',
  'tls-pin-unreadable':
    'The fingerprint "{pin}" cannot be read. It is the SHA-256 of a certificate or of a public key: 64 hexadecimal digits, with or without colons, or 44 characters of base64.',
  'tls-refused':
    'The server at {host} ended the TLS handshake without saying why ({reason}). Mostly it wants a client certificate, and none is set: ask the partner, and enter it in the connection settings. Or it shares no cipher or version with this machine.',
  'tls-untrusted':
    'The TLS certificate of {host} is not trusted: {reason}. It was shown as {chain}, issued by {issuer}, SHA-256 fingerprint {fingerprint}. If the partner confirms it, enter it (or the certificate of its issuer) as trusted TLS certificate in the connection settings of the partner.',
  'tls-verification-off':
    'The TLS settings for {host} switch the check of the server certificate off. No message is sent that way: switch it on and enter the TLS certificate of the partner as trusted, or its fingerprint, instead.',
  'tls-version':
    'The server at {host} speaks no version of TLS that is allowed, which begin with {minVersion} ({reason}). The partner has to update it: older versions do not protect.',
  'tls-wrong-name':
    'The TLS certificate of {host} was made for another name: {reason}. Use the host name of the certificate in the URL of the partner, or ask the partner to correct the certificate.',
  'tls-wrong-purpose':
    'The TLS certificate of {host} was not issued for a web server: {reason}. The partner has installed the wrong one, perhaps that for AS2 messages. If the partner confirms it all the same, enter its fingerprint in the connection settings of the partner.',

  // --- store
  'exchange-taken': 'There is an exchange with the same sender, receiver and Message-ID already ({id}).',
  'exchange-unreadable':
    'The record of the exchange {exchange} in the journal cannot be read: {reason}. Nothing is done with it any more; everything else goes on, and its bytes stay where they are. If its document has not arrived, have it sent again as a new message, by your flow or by the partner.',
  'journal-damaged':
    'The journal {path} is damaged: {reason}. Messages are refused until it is repaired, and nothing was deleted. Put a backup in its place; to start anew all the same, move the whole directory {directory} away: then messages that wait are forgotten, and repeats of old ones are taken for new.',
  'journal-missing':
    'The journal {path} is gone. Messages are refused until it is back, because without it messages that wait would be forgotten and repeats delivered again. Put it back, or a backup of it; to start anew all the same, move the whole directory {directory} away.',
  'journal-newer':
    'The journal {path} was written by a newer release of this package: {reason}. Install that release again, or choose another spool directory.',
  'runtime-without-sqlite':
    'This Node.js ({version}) has no SQLite, which the journal of messages needs. Update to Node.js 22.13 or later.',
  'store-full':
    'The disk is full: {path} could not be written. Messages are refused until there is room; free disk space or choose another spool directory.',
  'store-in-use':
    'Another process works with the journal {path}. Two Node-RED cannot share one spool directory: stop the other one, or choose another directory.',
  'store-unavailable':
    'The spool directory does not work: {path}: {reason}. Check that it exists and that Node-RED may write there. Messages are refused until it works again.',

  // --- exchange
  'context-unusable':
    'The message {messageId} was not taken for sending, because what is to be remembered with it cannot be kept: {reason}. Keep less in it, and only plain values.',
  'filename-illegal':
    'The message {messageId} from "{partner}" names a file "{filename}", which is not safe as the name of a file. It was refused, as configured for this partner; without that the name would be made safe.',
  'filename-repeated':
    'The message {messageId} from "{partner}" names two files "{filename}". It was refused, as configured for this partner; without that one of them would be given another name.',
  'message-id-reused':
    'The partner "{partner}" used the Message-ID {messageId} again for other content. It was not processed, because it cannot be told which one counts; the partner has to send it with a new Message-ID.',
  'message-id-taken':
    'A message with the Message-ID {messageId} was already sent to "{partner}". Leave the Message-ID away to get a fresh one for every message.',
  'outbox-closed':
    'The message {messageId} to "{partner}" was not taken for sending, because AS2 is being stopped. Send it again after the start.',
  'partner-gone':
    'The message {messageId} waits to be sent to "{partner}", but this partner is not configured any more for {from} and {to}. Configure it again, or cancel the message.',
  'partner-url-missing':
    'The partner "{partner}" has no URL, so nothing can be sent to it. Ask them for the address of their AS2 endpoint and add it to the partner.',
  'payload-length-changed':
    'The payload changed while it was read: {expected} bytes were announced, {received} came. If it is a file that is still being written, wait until it is complete.',
  'payload-unreadable':
    'The payload could not be read to its end: {reason}. Nothing was sent; check where it comes from.',
  'receipt-decision-timeout':
    'The flow did not decide about the message {messageId} from "{partner}" within {seconds} seconds; the partner was told: {disposition}. Let the flow reach an as2-mdn node sooner, or raise the time-out of the as2-in node.',
  'receipt-not-sent':
    'The partner "{partner}" broke the connection before the receipt for {messageId} could be sent. When the message is repeated, the same receipt is sent again, and the flow does not see the message twice.',
  'receipt-overdue':
    'The partner "{partner}" took the message {messageId}, but its receipt did not come within {minutes} minutes. Ask the partner whether it could be sent to {url}, and whether the message was processed. A receipt that comes later still counts.',
  'receipt-unexpected':
    'A receipt for the message {originalMessageId} came from "{partner}", which no message is waiting for. It says: {disposition}. Nothing was done with it.',
  'receipt-url-missing':
    'The partner "{partner}" is to send its receipts later, in a request of their own, but there is no address for them. Enter the URL at which the partner reaches your AS2 endpoint, or choose receipts in the answer.',
  'receipt-url-refused':
    'The partner "{partner}" wants the receipt to be sent to {url}, which was not done: {reason}. The message itself was processed. If the address is right, add its host to the receipt addresses of the partner.',
  'receiver-busy':
    '{limit} messages were coming in at the same time, so others were answered with 503; their senders try again later. Raise the limit for parallel transfers if this machine can take more.',
  'receiver-busy-partner':
    '{limit} messages of "{partner}" were coming in at the same time, so others were answered with 503; the partner tries again later. Raise the limit for parallel transfers of a partner if that is wanted.',
  'refused-too-often':
    '{limit} messages from {remoteAddress} in the name of "{partner}" were refused within a minute, so more of them are answered with 503 until it is over. Look at the reasons of those that were refused: either the partner has changed something, or somebody else uses its name.',
  'send-aborted': 'Sending {messageId} to "{partner}" was stopped before it was complete.',
  'send-cancelled':
    'Sending {messageId} to "{partner}" was cancelled. Attempts made before: {attempts}; if there were any, the partner may have the message.',
  'station-closing':
    'The message {messageId} was in work when the AS2 node was stopped. The partner was told to send it again.',
  'stations-unknown':
    'A message from "{from}" to "{to}" came, but there is no partner and identity with these AS2 names. If it is a new partner, configure it; capital and small letters count.',

  // --- connection test
  'test-address-silent':
    'Of several addresses of {host}, {address} did not take the connection on port {port}: {reason}. Messages use another one, which may cost time; tell the partner.',
  'test-expiry':
    'The {role} certificate of {owner} ends on {notAfter} ({subject}, serial number {serialNumber}). Agree on its successor in time.',
  'test-file-unreadable':
    'The file {path} of {option} cannot be read: {reason}. Check the path and its permissions.',
  'test-option-invalid': 'The command line cannot be used: {problem}. --help shows what there is.',
  'test-readable':
    'The URL of {host} starts with http:// and messages are not encrypted: everyone on the way can read them. Use https:// or encrypt.',
  'test-receipt-at-once':
    'The partner "{partner}" is to send its receipts later, in a request of their own. The test message asked for the receipt in the answer instead; whether the partner reaches your address for receipts shows with the first real message.',
  'test-redirect':
    '{url} sends a GET on to {location} (HTTP status {status}). Messages are never sent on: if the test message fails, ask the partner for the right address.',
  'test-running': 'The connection to "{partner}" is being tested already. Wait for the result of that test.',
  'test-status-unclear':
    '{url} answered a GET with HTTP status {status}. Some AS2 systems answer everything but messages so; otherwise the address is wrong or the partner has a problem. A test message tells.',
  'test-stopped': 'The test of the connection to "{partner}" was stopped.',
  'test-too-slow':
    'The step {step} was not complete within {seconds} seconds, so the test stopped waiting. Check the network, or ask the partner whether its system is overloaded.',
  'test-web-page':
    '{url} answered a GET with a web page. Some AS2 systems do; otherwise it is not the AS2 address of the partner. A test message tells.',
  'test-without-receipt':
    'No receipt is asked for, so nothing proves that the partner "{partner}" takes messages. Ask for signed receipts, if the partner can send them.',
  'test-without-tls':
    'The URL of {host} starts with http://, without TLS: others can see who exchanges messages with whom. Their content is encrypted.',

  // --- nodes
  'action-incomplete':
    'The property msg.as2.action is "{action}", but it is not said for which message. Put the exchange or the Message-ID of the message into msg.as2.exchange or msg.as2.messageId.',
  'action-unknown':
    'The property msg.as2.action is {action}, which is none of: {known}. Remove msg.as2.action to send a document.',
  'attachments-invalid':
    'The attachments cannot be sent: {reason}. Give a list, each entry with payload, filename and contentType.',
  'cancel-too-late':
    'The message {messageId} was not cancelled, because it has come to its end already: {state}.',
  'certificate-expires-soon':
    'The certificate of {owner} expires in {daysLeft} days, on {notAfter} ({subject}). Exchange a new one before that day: make or import it if it is your own, ask the partner if it is theirs.',
  'document-too-large':
    'The document in the message {messageId} from "{partner}" has {sizeBytes} bytes, and this as2-in node gives at most {limitBytes} as Buffer or text. The partner was told that it was not processed. Let msg.payload be the path of a file, or raise "Refuse above" in the node.',
  'endpoint-path-invalid':
    'The path "{path}" cannot be used for an AS2 address. It starts with / and holds no spaces, brackets, backslashes or any of ? # : *, for example /as2.',
  'endpoint-path-taken':
    'The path {path} is already used by the node "{node}". Give this node another path, or remove one of the two: one as2-in node can serve all partners.',
  'environment-missing':
    'The setting "{setting}" asks for the environment variable {variable}, which is not set. Set it for the process of Node-RED, for the flow or globally, and deploy again.',
  'exchange-ambiguous':
    'Several messages with the Message-ID {messageId} were sent, to different partners. Name the one that is meant by msg.as2.exchange.',
  'exchange-file-missing': 'The exchange {exchange} has no {file}. Either there was none, or it is not kept.',
  'exchange-not-found':
    'There is no exchange "{asked}". It was never sent from here, or the time for which exchanges are kept is over.',
  'http-node-off':
    'Node-RED was told to serve no HTTP nodes (httpNodeRoot: false in settings.js), so no message can arrive at {path}. Set httpNodeRoot, for example to "/", and restart.',
  'identity-certificate-missing':
    'The identity "{identity}" has a private key but no certificate. Open it in the editor and add the certificate that belongs to the key, or generate both.',
  'identity-key-missing':
    'The identity "{identity}" has a certificate but no private key. Open it in the editor and add the key, or generate both; keys are not part of exported flows.',
  'identity-keys-missing':
    'The identity "{identity}" has no certificate and private key, but messages for or from the partner "{partner}" must {purpose}. Open the identity in the editor and generate or import them.',
  'identity-missing':
    'The identity chosen in this node does not exist or is switched off. Open the node and choose one.',
  'input-missing': 'The request lacks "{field}". Reload the editor and try again.',
  'listener-missing':
    'The listener chosen in this node does not exist or is switched off. Open the node and choose one, or none to use the server of Node-RED.',
  'listener-tls-missing':
    'The TLS configuration chosen in the listener "{listener}" does not exist or is switched off. Open the listener and choose one.',
  'listener-tls-needed':
    'The listener "{listener}" asks senders for certificates, which exist only with TLS. Choose a TLS configuration, or do not ask for certificates.',
  'partner-ambiguous':
    '{count} partners are called "{partner}", so it cannot be told which one is meant. Give them different names and use the name.',
  'partner-certificate-missing':
    'The partner "{partner}" has no certificate, which is needed {purpose}. Ask them for it and add it in the editor.',
  'partner-identity-missing':
    'The partner "{partner}" is not connected with one of our identities. Open it in the editor and choose the identity it knows us by.',
  'partner-missing': 'No partner is chosen. Choose one in the as2-out node, or let the message name one.',
  'partner-names-taken':
    'The partners "{partner}" (node {node}) and "{other}" (node {otherNode}) have the same AS2 name and the same identity. Messages that come in use the settings of the node {otherNode}; remove one of the two, or change a name.',
  'partner-not-deployed':
    'The partner {id} is not deployed, so its connection cannot be tested. Press Deploy first.',
  'partner-not-found':
    'There is no partner called "{partner}". Correct the name in the message, or add the partner. There are: {known}.',
  'payload-file-unreadable':
    'The file {path} cannot be read: {reason}. Check the path and whether Node-RED may read it.',
  'payload-missing':
    'The message has no payload. Check which property the as2-out node is told to send, by default msg.payload.',
  'payload-stream-used':
    'The stream in the payload was read before, so nothing is left to send. Give the node a fresh stream, a Buffer or the path of a file.',
  'payload-unsupported':
    'A payload of the kind {kind} cannot be sent. Send a text, a Buffer, a readable stream or the path of a file; put a JSON or XML node in front for objects.',
  'property-unreadable':
    'The setting "{setting}" could not be read from the message: {reason}. Check its expression in the node.',
  'receipt-exchange-missing':
    'The message does not tell which receipt is meant: msg.as2.exchange is missing. An as2-mdn node needs the message of an as2-in node; keep msg.as2 in function and change nodes on the way.',
  'receipt-not-pending':
    'No receipt waits for a decision about the exchange {exchange}. It was decided before, its time was over, the flows were deployed since, or the as2-in node sends its receipts automatically.',
  'resend-impossible':
    'The message {messageId} was not sent again, because its state is "{state}": it is on its way at this moment, or a receipt proves that the partner has it.',
  'setting-invalid':
    'The setting "{setting}" has the value "{value}", which cannot be used. Expected: {expected}.',
} as const satisfies Record<string, string>;

export const HELP = `Usage: node-red-contrib-as2 test --url URL [options]

Goes the way of an AS2 message to a partner step by step and tells what it finds: settings, name, connection, TLS, web
server and, with --message, a signed and encrypted test message whose receipt is verified.

The partner
  --url URL                  its AS2 address, http:// or https://; several are tried in their order
  --partner-name NAME        its AS2 name
  --certificate FILE         its certificate for messages (PEM, DER or PKCS#7)

Your station
  --own-name NAME            your AS2 name
  --key FILE                 your private key; the passphrase comes from the variable AS2_PASSPHRASE
  --own-certificate FILE     the certificate of that key
  --pkcs12 FILE              both in one PKCS#12 file (.p12, .pfx)

The connection
  --ca FILE                  also trust these certificates of web servers, or issuers of them
  --pin FINGERPRINT          the SHA-256 fingerprint the web server's certificate must have; may be repeated
  --client-certificate FILE  show this certificate to the web server
  --client-key FILE          its private key; the passphrase comes from the variable AS2_CLIENT_PASSPHRASE
  --user NAME                log in (HTTP Basic); the password comes from the variable AS2_PASSWORD
  --proxy URL                go through this proxy, or with the word "environment" through that of HTTPS_PROXY
  --timeout SECONDS          longest time for the connection, and longest silence (default 30)

The test message
  --message                  send one: a short text that says that it is a test
  --sign DIGEST              sha-256 (default with a key), sha-384, sha-512, sha-1, none, …
  --encrypt CIPHER           aes-256-cbc (default with a certificate), aes-128-cbc, des-ede3-cbc, none, …
  --receipt KIND             signed (default with a certificate), unsigned or none

  --json                     print the result as JSON
  --help, --version

Exit code: 0 all steps passed, 1 a step failed, 2 the command line cannot be used.
`;

/** Names us in User-Agent and Reporting-UA (MDN-07). The version is that of package.json; a test compares them. */
export const PRODUCT = 'node-red-contrib-as2/0.1.0';

/**
 * EDIINT-Features of everything we send, messages and receipts, whether it uses them or not (HDR-04): several
 * documents in a message (MA-02), and repeats that are recognised and answered as before (REL-09).
 */
export const FEATURES: readonly string[] = ['multiple-attachments', 'AS2-Reliability'];

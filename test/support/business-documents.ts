/** Documents as they travel between companies, for tests, the demo and benchmarks. */
export { pdfLike, writeLargeFile } from './documents/binary';
export type { LargeFile, PdfOptions } from './documents/binary';
export type { BusinessDocument, DocumentOptions } from './documents/document';
export { edifactInvoice, edifactOrders } from './documents/edifact';
export { ublInvoice } from './documents/ubl';
export { x12Invoice, x12PurchaseOrder } from './documents/x12';

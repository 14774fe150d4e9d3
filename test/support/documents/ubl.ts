import {
  type BusinessDocument,
  buyer,
  decimal,
  type DocumentOptions,
  type LineItem,
  lineItems,
  type Party,
  supplier,
  totalCents,
} from './document';

const VAT_PERCENT = 7;

/** A UBL 2.1 invoice: UTF-8 with letters, signs and scripts beyond latin1. */
export function ublInvoice(options: DocumentOptions = {}): BusinessDocument {
  const items = lineItems(options);
  const net = totalCents(items);
  const vat = Math.round((net * VAT_PERCENT) / 100);
  const xml = `<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
         xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
         xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
  <cbc:UBLVersionID>2.1</cbc:UBLVersionID>
  <cbc:ID>R2026-0815</cbc:ID>
  <cbc:IssueDate>2026-03-18</cbc:IssueDate>
  <cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>
  <cbc:Note>${escape('Zahlbar in 30 Tagen – danke! 発注番号 4711 <Ελλάδα> 🧀')}</cbc:Note>
  <cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
  <cac:OrderReference>
    <cbc:ID>B4711</cbc:ID>
  </cac:OrderReference>
  <cac:AccountingSupplierParty>${party(supplier)}
  </cac:AccountingSupplierParty>
  <cac:AccountingCustomerParty>${party(buyer)}
  </cac:AccountingCustomerParty>
  <cac:TaxTotal>
    ${amount('TaxAmount', vat)}
    <cac:TaxSubtotal>
      ${amount('TaxableAmount', net)}
      ${amount('TaxAmount', vat)}
      <cac:TaxCategory>${taxCategory()}
      </cac:TaxCategory>
    </cac:TaxSubtotal>
  </cac:TaxTotal>
  <cac:LegalMonetaryTotal>
    ${amount('LineExtensionAmount', net)}
    ${amount('TaxExclusiveAmount', net)}
    ${amount('TaxInclusiveAmount', net + vat)}
    ${amount('PayableAmount', net + vat)}
  </cac:LegalMonetaryTotal>
${items.map(invoiceLine).join('')}</Invoice>
`;
  return {
    filename: 'Rechnung_Müller_R2026-0815.xml',
    contentType: 'application/xml',
    bytes: Buffer.from(xml, 'utf8'),
  };
}

function party({ name, street, city, postcode, country, gln, vatId }: Party): string {
  return `
    <cac:Party>
      <cbc:EndpointID schemeID="0088">${gln}</cbc:EndpointID>
      <cac:PartyName>
        <cbc:Name>${escape(name)}</cbc:Name>
      </cac:PartyName>
      <cac:PostalAddress>
        <cbc:StreetName>${escape(street)}</cbc:StreetName>
        <cbc:CityName>${escape(city)}</cbc:CityName>
        <cbc:PostalZone>${postcode}</cbc:PostalZone>
        <cac:Country>
          <cbc:IdentificationCode>${country}</cbc:IdentificationCode>
        </cac:Country>
      </cac:PostalAddress>
      <cac:PartyTaxScheme>
        <cbc:CompanyID>${vatId}</cbc:CompanyID>
        <cac:TaxScheme>
          <cbc:ID>VAT</cbc:ID>
        </cac:TaxScheme>
      </cac:PartyTaxScheme>
    </cac:Party>`;
}

function invoiceLine(item: LineItem): string {
  return `  <cac:InvoiceLine>
    <cbc:ID>${item.number}</cbc:ID>
    <cbc:InvoicedQuantity unitCode="C62">${item.quantity}</cbc:InvoicedQuantity>
    ${amount('LineExtensionAmount', item.amountCents)}
    <cac:Item>
      <cbc:Name>${escape(item.description)}</cbc:Name>
      <cac:SellersItemIdentification>
        <cbc:ID>${item.articleNumber}</cbc:ID>
      </cac:SellersItemIdentification>
      <cac:StandardItemIdentification>
        <cbc:ID schemeID="0160">${item.gtin}</cbc:ID>
      </cac:StandardItemIdentification>
      <cac:ClassifiedTaxCategory>${taxCategory()}
      </cac:ClassifiedTaxCategory>
    </cac:Item>
    <cac:Price>
      ${amount('PriceAmount', item.priceCents)}
    </cac:Price>
  </cac:InvoiceLine>
`;
}

function taxCategory(): string {
  return `
        <cbc:ID>S</cbc:ID>
        <cbc:Percent>${VAT_PERCENT}</cbc:Percent>
        <cac:TaxScheme>
          <cbc:ID>VAT</cbc:ID>
        </cac:TaxScheme>`;
}

function amount(element: string, cents: number): string {
  return `<cbc:${element} currencyID="EUR">${decimal(cents)}</cbc:${element}>`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Names us in User-Agent and Reporting-UA (MDN-07). The version is that of package.json; a test compares them. */
export const PRODUCT = 'node-red-contrib-as2/0.1.0';

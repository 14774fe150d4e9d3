import type * as As2 from '../../src/as2';
import type * as Cms from '../../src/cms';
import type * as Exchange from '../../src/exchange';
import type * as Http from '../../src/http';
import type * as Mime from '../../src/mime';
import type * as Pki from '../../src/pki';
import type * as Store from '../../src/store';

/**
 * The rooms of the core, loaded when first used: Node-RED reads our node files at every start, whether a flow uses them
 * or not, and should not wait for them.
 */
export const core = {
  get as2() {
    return require('../../src/as2') as typeof As2;
  },
  get cms() {
    return require('../../src/cms') as typeof Cms;
  },
  get exchange() {
    return require('../../src/exchange') as typeof Exchange;
  },
  get http() {
    return require('../../src/http') as typeof Http;
  },
  get mime() {
    return require('../../src/mime') as typeof Mime;
  },
  get pki() {
    return require('../../src/pki') as typeof Pki;
  },
  get store() {
    return require('../../src/store') as typeof Store;
  },
};

import type * as As2 from '../../src/as2';
import type * as Cms from '../../src/cms';
import type * as Exchange from '../../src/exchange';
import type * as Http from '../../src/http';
import type * as Mime from '../../src/mime';
import type * as Pki from '../../src/pki';
import type * as Store from '../../src/store';

interface Rooms {
  as2: typeof As2;
  cms: typeof Cms;
  exchange: typeof Exchange;
  http: typeof Http;
  mime: typeof Mime;
  pki: typeof Pki;
  store: typeof Store;
}

/** Also what is loaded already is felt when it is looked for with every message. */
const loaded: Partial<Rooms> = {};

/**
 * The rooms of the core, loaded when first used: Node-RED reads our node files at every start, whether a flow uses them
 * or not, and should not wait for them.
 */
export const core: Readonly<Rooms> = {
  get as2() {
    return (loaded.as2 ??= require('../../src/as2') as typeof As2);
  },
  get cms() {
    return (loaded.cms ??= require('../../src/cms') as typeof Cms);
  },
  get exchange() {
    return (loaded.exchange ??= require('../../src/exchange') as typeof Exchange);
  },
  get http() {
    return (loaded.http ??= require('../../src/http') as typeof Http);
  },
  get mime() {
    return (loaded.mime ??= require('../../src/mime') as typeof Mime);
  },
  get pki() {
    return (loaded.pki ??= require('../../src/pki') as typeof Pki);
  },
  get store() {
    return (loaded.store ??= require('../../src/store') as typeof Store);
  },
};

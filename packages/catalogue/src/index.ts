/** Every format of the repository, compiled, found by name. */
export {
  type CatalogueEntry,
  type CatalogueParameter,
  catalogueEntry,
  catalogueIndex,
  catalogueLoader,
  formatSourceOf,
  loadFormat,
  loadFormatSync,
} from './catalogue.ts';

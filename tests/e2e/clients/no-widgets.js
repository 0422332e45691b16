// In the place of the buttons and panels of ArcGIS, which these pages do not show. Whatever asks for more of them fails.
export const assetPathChanged = true;
export function setAssetPath() {}

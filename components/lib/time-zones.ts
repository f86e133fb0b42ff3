/** Time zones that Debian 13 and later have in a package of their own, `tzdata-legacy`: names that nobody gives any more. */

/** Whole regions of old names. */
const regions = /^(?:Brazil|Canada|Chile|Mexico|US)\//;

/** Names without a region; these alone are in tzdata itself. */
const plain = new Set(['Factory', 'GMT', 'UTC']);

/** Old names beside new ones. */
const renamed = new Set(
  `Africa/Asmera America/Argentina/ComodRivadavia America/Buenos_Aires America/Catamarca America/Cordoba
  America/Fort_Wayne America/Godthab America/Indianapolis America/Jujuy America/Knox_IN America/Louisville
  America/Mendoza America/Rosario Antarctica/South_Pole Asia/Ashkhabad Asia/Calcutta Asia/Choibalsan
  Asia/Chungking Asia/Dacca Asia/Katmandu Asia/Macao Asia/Rangoon Asia/Saigon Asia/Thimbu
  Asia/Ujung_Pandang Asia/Ulan_Bator Atlantic/Faeroe Australia/ACT Australia/LHI Australia/NSW
  Australia/North Australia/Queensland Australia/South Australia/Tasmania Australia/Victoria Australia/West
  Europe/Kiev Europe/Uzhgorod Europe/Zaporozhye Pacific/Enderbury Pacific/Ponape Pacific/Truk`.split(
    /\s+/,
  ),
);

/** Whether a time zone is one of them. */
export const isLegacy = (name: string): boolean =>
  regions.test(name) || renamed.has(name) || !(name.includes('/') || plain.has(name));

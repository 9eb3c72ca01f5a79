// @ts-check
/** The information about Outlook, its user and the meeting that Office.js receives when an add-in starts. */

/** @import {Meeting, Person} from './outlook_meeting.js' */

const APPOINTMENT_READ = 2;
const APPOINTMENT_COMPOSE = 5;
const READ_WRITE_ITEM = 3;
const OUTLOOK = 64; // OSF.AppName.OutlookWebApp

/**
 * The response to "getAppContextAsync".
 * @param {object} options
 * @param {string} options.language
 * @param {string} options.mailbox  the newest requirement set of Mailbox
 * @param {Record<string, string>} options.sets  further requirement sets
 * @param {string} [options.platform]  "Android" or "iOS" on a phone
 */
export function appContext({ language, mailbox, sets, platform }) {
  return {
    ...(platform && { _platform: platform }),
    _id: 'pane', _appName: OUTLOOK, _appVersion: '16.01', _appUILocale: language, _dataLocale: language,
    _docUrl: `${location.origin}/`, _clientMode: 0, _settings: {}, _reason: 0, _osfControlType: 1, _eToken: '',
    _correlationId: crypto.randomUUID(), _appInstanceId: 'pane', _hostFullVersion: '16.0.0.0',
    _requirementMatrix: JSON.stringify({ Mailbox: mailbox, ...sets }), _dialogRequirementMatrix: '{}',
    _clientWindowHeight: 570, _clientWindowWidth: 320, _addinName: 'VMR', _appDomains: [], _featureGates: {},
    _initialDisplayMode: 0,
  };
}

/**
 * The response to "GetInitialData".
 * @param {object} options
 * @param {Person} options.user
 * @param {boolean} options.isShared  whether the meeting is in somebody else's calendar
 * @param {boolean} options.isReading  whether an attendee is viewing the meeting
 * @param {Meeting} meeting
 */
export function initialData({ user, isShared, isReading }, meeting) {
  return {
    itemType: isReading ? APPOINTMENT_READ : APPOINTMENT_COMPOSE, permissionLevel: READ_WRITE_ITEM,
    userDisplayName: user.name, userEmailAddress: user.address, userProfileType: 'enterprise', userTimeZone: 'UTC',
    timeZoneOffsets: [], hostVersion: '16.0.0.0', owaView: 'OneColumn', extensionId: 'pane', isRestIdSupported: true,
    restUrl: `${location.origin}/api`, ewsUrl: 'https://mail.example.com/EWS/Exchange.asmx',
    isFromSharedFolder: isShared, seriesId: meeting.seriesId, id: null, subject: meeting.subject,
  };
}

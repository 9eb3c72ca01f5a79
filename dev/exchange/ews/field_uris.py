"""The EWS properties, keyed by FieldURI, with the version that introduced them (reference for FieldURI, types.xsd)."""

from dev.exchange.ews.errors import EwsError

#: Valid values of RequestServerVersion. Exchange 2019 uses the 2016 version. Without the header, the version is 2007.
VERSIONS = ("Exchange2007", "Exchange2007_SP1", "Exchange2010", "Exchange2010_SP1", "Exchange2010_SP2", "Exchange2013",
            "Exchange2013_SP1", "Exchange2015", "Exchange2016")  # fmt: skip

_KNOWN = {
    "folder": "FolderId ParentFolderId DisplayName UnreadCount TotalCount ChildFolderCount FolderClass "
    "SearchParameters ManagedFolderInformation PermissionSet EffectiveRights SharingEffectiveRights "
    "DistinguishedFolderId PolicyTag ArchiveTag ReplicaList",
    "item": "ItemId ParentFolderId ItemClass MimeContent Attachments Subject DateTimeReceived Size Categories "
    "HasAttachments Importance InReplyTo InternetMessageHeaders IsAssociated IsDraft IsFromMe IsResend "
    "IsSubmitted IsUnmodified DateTimeSent DateTimeCreated Body ResponseObjects Sensitivity ReminderDueBy "
    "ReminderIsSet ReminderNextTime ReminderMinutesBeforeStart DisplayTo DisplayCc DisplayBcc Culture "
    "EffectiveRights LastModifiedName LastModifiedTime ConversationId UniqueBody Flag StoreEntryId "
    "InstanceKey NormalizedBody EntityExtractionResult PolicyTag ArchiveTag RetentionDate Preview "
    "RightsManagementLicenseData BlockStatus HasBlockedImages WebClientReadFormQueryString "
    "WebClientEditFormQueryString TextBody IconIndex MimeContentUTF8",
    "message": "ConversationIndex ConversationTopic InternetMessageId IsRead IsResponseRequested "
    "IsReadReceiptRequested IsDeliveryReceiptRequested ReceivedBy ReceivedRepresenting References ReplyTo "
    "From Sender ToRecipients CcRecipients BccRecipients ApprovalRequestData VotingInformation "
    "ReminderMessageData",
    "calendar": "Start End OriginalStart StartWallClock EndWallClock StartTimeZoneId EndTimeZoneId IsAllDayEvent "
    "LegacyFreeBusyStatus Location EnhancedLocation When IsMeeting IsCancelled IsRecurring "
    "MeetingRequestWasSent IsResponseRequested CalendarItemType MyResponseType Organizer "
    "RequiredAttendees OptionalAttendees Resources ConflictingMeetingCount AdjacentMeetingCount "
    "ConflictingMeetings AdjacentMeetings InboxReminders Duration TimeZone AppointmentReplyTime "
    "AppointmentSequenceNumber AppointmentState Recurrence FirstOccurrence LastOccurrence "
    "ModifiedOccurrences DeletedOccurrences MeetingTimeZone ConferenceType AllowNewTimeProposal "
    "IsOnlineMeeting MeetingWorkspaceUrl NetShowUrl UID RecurrenceId DateTimeStamp StartTimeZone "
    "EndTimeZone JoinOnlineMeetingUrl OnlineMeetingSettings IsOrganizer",
    "meeting": "AssociatedCalendarItemId IsDelegated IsOutOfDate HasBeenProcessed ResponseType ProposedStart "
    "ProposedEnd",
    "meetingRequest": "MeetingRequestType IntendedFreeBusyStatus ChangeHighlights",
}
#: Namespaces of item classes that are not simulated. Requests for their properties are not checked.
_ELSEWHERE = ("contacts", "task", "distributionlist", "postitem", "conversation")

_SINCE = {
    "Exchange2007_SP1": "message:ReceivedBy message:ReceivedRepresenting calendar:UID calendar:RecurrenceId "
    "calendar:DateTimeStamp folder:PermissionSet",
    "Exchange2010": "calendar:StartTimeZone calendar:EndTimeZone item:ConversationId item:IsAssociated item:UniqueBody "
    "item:WebClientReadFormQueryString item:WebClientEditFormQueryString item:StoreEntryId",
    "Exchange2013": "item:TextBody item:Flag item:InstanceKey item:NormalizedBody item:EntityExtractionResult "
    "item:PolicyTag item:ArchiveTag item:RetentionDate item:Preview item:BlockStatus item:HasBlockedImages "
    "item:IconIndex item:RightsManagementLicenseData meeting:ProposedStart meeting:ProposedEnd "
    "meetingRequest:ChangeHighlights calendar:StartWallClock calendar:EndWallClock calendar:StartTimeZoneId "
    "calendar:EndTimeZoneId calendar:EnhancedLocation calendar:JoinOnlineMeetingUrl calendar:OnlineMeetingSettings "
    "calendar:IsOrganizer message:ApprovalRequestData message:VotingInformation message:ReminderMessageData "
    "folder:PolicyTag folder:ArchiveTag folder:ReplicaList folder:DistinguishedFolderId",
    "Exchange2015": "item:MimeContentUTF8 calendar:InboxReminders",
}
_ALL = frozenset(f"{prefix}:{name}" for prefix, names in _KNOWN.items() for name in names.split())
_FIRST = {uri: VERSIONS.index(version) for version, uris in _SINCE.items() for uri in uris.split()}

#: What Exchange says (reported in exchangelib #96).
_VIOLATION = (
    "The request failed schema validation: The 'FieldURI' attribute is invalid - The value '{uri}' is invalid "
    "according to its datatype 'http://schemas.microsoft.com/exchange/services/2006/types:UnindexedFieldURIType' - "
    "The Enumeration constraint failed."
)


def check(uri: str, version: str) -> None:
    """Check that this version supports a requested property; raises `EwsError` if not."""
    if uri not in _ALL and uri.partition(":")[0] not in _ELSEWHERE:
        raise EwsError("ErrorSchemaValidation", _VIOLATION.format(uri=uri))
    if _FIRST.get(uri, 0) > VERSIONS.index(version):
        raise EwsError("ErrorInvalidPropertyRequest", f"The property {uri} does not exist in {version}.")

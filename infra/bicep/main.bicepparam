// The values of your deployment. Copy this file to my.bicepparam next to it (the next line is relative), change the
// copy, and pass it to infra/deploy.sh --parameters.
using './main.bicep'

// The start of every resource's name: 3 to 11 lower-case letters and digits, beginning with a letter. Changing it later
// creates a second deployment instead of renaming the first.
param name = 'vmrsched'

// Your own host name for the app, '' for the one that Azure assigns. It is part of every manifest: after a change,
// the add-in has to be installed again. Bind it with infra/custom-domain.sh after the first deployment.
param publicHostName = ''

// The addresses to which an e-mail is sent when an alert fires; [] creates the alerts without notifying anybody.
param alertEmails = []

// The user name with which conferencing nodes sign in (external policy); '' switches external policy off.
// deploy.sh asks for the password and keeps its hash in the vault.
param policyUsername = 'policy'

// Whether nodes also get responses for VMRs that were created through the management API or imported. Use 'off' if all
// of them are on another server.
param policyVmrs = 'on'

// The user name of the management API; '' switches Basic authentication off.
param managementUsername = 'admin'

// The client id that infra/grants/entra.sh prints: people with its app role Scheduling.Admin in this tenant can use
// the management API with an Entra token. '' switches that off.
param managementClientId = ''

// A web proxy, such as 'http://proxy.example.com:8080', without a password in it, and the hosts that bypass it.
// Storage and vault are Azure's own: exempt them from the proxy unless it must see everything.
param webProxy = ''
param noProxy = '.core.windows.net,.vault.azure.net'

// An instance that never stops costs more than everything else in a small deployment (see docs/operations.md).
// With 0, Graph's notifications may encounter a cold start; the sweep finds lost ones minutes later.
param alwaysReadyInstances = 0
param maximumInstances = 40
param instanceMemory = 2048

// ZRS survives the loss of a data centre; choose Standard_LRS in regions without zones.
// zoneRedundant does the same for the app's instances.
param storageRedundancy = 'Standard_ZRS'
param zoneRedundant = true
param logRetentionDays = 90

// true: storage and vault can only be reached through a virtual network. adminAddresses are the public addresses from
// which the backup and `az` can still reach them, such as ['203.0.113.7', '198.51.100.0/28'].
param privateNetwork = false
param addressSpace = '10.83.0.0/24'
param adminAddresses = []

// Tags for all resources, as in {'cost-centre': '1234'}. dataLock: locks on storage and vault have to be removed before
// these, or the resource group, can be deleted.
param tags = {}
param dataLock = true

// Set by deploy.sh. ownAuthorities: whether infra/authorities.pem exists; packageDeployed: whether the app has run.
param ownAuthorities = bool(readEnvironmentVariable('OWN_AUTHORITIES', 'false'))
param packageDeployed = bool(readEnvironmentVariable('PACKAGE_DEPLOYED', 'false'))

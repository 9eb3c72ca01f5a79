// The values of your deployment. Copy this file to my.bicepparam next to it (the next line is relative), change the
// copy, and pass it to infra/deploy.sh --parameters.
using './main.bicep'

// Begins the name of every resource: 3 to 11 lower-case letters and digits, a letter first. Changing it later makes a
// second deployment, not a renamed one.
param name = 'vmrsched'

// Your own host name for the app, '' for the one that Azure gives. It is part of every manifest: after a change,
// the add-in has to be installed again. Bind it with infra/custom-domain.sh after the first deployment.
param publicHostName = ''

// Who gets a mail when an alert fires; [] creates the alerts without notifying anybody.
param alertEmails = []

// The user name that conferencing nodes sign in with (external policy); '' switches that off.
// deploy.sh asks for the password and keeps its hash in the vault.
param policyUsername = 'policy'

// Whether nodes are answered for VMRs that were made through the management API or imported, too; 'off' when another
// server has them all.
param policyVmrs = 'on'

// The user name of the management API; '' switches Basic authentication off.
param managementUsername = 'admin'

// The client id that infra/grants/entra.sh prints: who holds its app role Scheduling.Admin in this tenant may use the
// management API with an Entra token. '' switches that off.
param managementClientId = ''

// A web proxy, such as 'http://proxy.example.com:8080', without a password in it, and what bypasses it. Storage and
// vault are Azure's own: exempt them from the proxy unless it must see everything.
param webProxy = ''
param noProxy = '.core.windows.net,.vault.azure.net'

// An instance that never stops costs more than all the rest of a small deployment (docs/operations.md has the formula).
// With 0, Graph's notifications may meet a cold start: the sweep finds lost ones minutes later.
param alwaysReadyInstances = 0
param maximumInstances = 40
param instanceMemory = 2048

// ZRS survives the loss of a data centre; choose Standard_LRS in regions without zones.
// zoneRedundant does the same for the app's instances.
param storageRedundancy = 'Standard_ZRS'
param zoneRedundant = true
param logRetentionDays = 90

// true: storage and vault are reached through a virtual network only. adminAddresses are the public addresses from
// which the backup and `az` may still reach them, as in ['203.0.113.7', '198.51.100.0/28'].
param privateNetwork = false
param addressSpace = '10.83.0.0/24'
param adminAddresses = []

// Tags of every resource, as in {'cost-centre': '1234'}. dataLock: storage and vault cannot be deleted, nor the resource
// group, before the lock on each of them is.
param tags = {}
param dataLock = true

// Filled in by deploy.sh. ownAuthorities: there is a file infra/authorities.pem; packageDeployed: the app has run before.
param ownAuthorities = bool(readEnvironmentVariable('OWN_AUTHORITIES', 'false'))
param packageDeployed = bool(readEnvironmentVariable('PACKAGE_DEPLOYED', 'false'))

// The function app on Flex Consumption, Python 3.13, and all of its settings. Every setting that the code reads is here
// (tests/conformance/test_infra_settings.py keeps both sides consistent).

@description('Globally unique name of the app.')
param name string

@description('Region.')
param location string

@description('Resource id of the app\'s identity.')
param identityResourceId string

@description('Client id of the app\'s identity.')
param identityClientId string

@description('The storage account.')
param storageName string

@description('The blob container of the deployed package.')
param packageContainer string

@description('Address of the vault, ending with a slash.')
param vaultUri string

@description('Connection string for telemetry.')
param insightsConnectionString string

@description('Your own host name; empty for the one that Azure assigns.')
param publicHostName string

@description('User name of conferencing nodes; empty for none.')
param policyUsername string

@description('on or off: whether policy also serves VMRs created through the management API.')
param policyVmrs string

@description('User name of the management API; empty for none.')
param managementUsername string

@description('Client id of the API registration; empty for none.')
param managementClientId string

@description('Web proxy; empty for none.')
param webProxy string

@description('Hosts that bypass the web proxy.')
param noProxy string

@description('Whether the package contains your own certificate authorities.')
param ownAuthorities bool

@description('Instances for HTTP that never stop.')
param alwaysReadyInstances int

@description('Maximum number of instances to scale out to, per function group.')
param maximumInstances int

@description('Memory per instance, in MB.')
param instanceMemory int

@description('Tags for all resources.')
param tags { *: string }

@description('Whether instances are spread over the region\'s availability zones.')
param zoneRedundant bool

@description('The subnet for the app\'s outgoing traffic; empty for none.')
param subnetResourceId string

var storageSuffix = environment().suffixes.storage
var blobUri = 'https://${storageName}.blob.${storageSuffix}'
var queueUri = 'https://${storageName}.queue.${storageSuffix}'
var tableUri = 'https://${storageName}.table.${storageSuffix}'

var publicBaseUrl = 'https://${empty(publicHostName) ? app.properties.defaultHostName : publicHostName}'

// A reference without a version resolves to the latest version of the secret, within a day or after a restart.
var secrets = '${vaultUri}secrets'

// Secrets whose values infra/deploy.sh has to create, separated by spaces.
var secretNames = join(concat(
  ['tag-signing-key'],
  empty(policyUsername) ? [] : ['policy-password-hash'],
  empty(managementUsername) ? [] : ['management-password-hash']
), ' ')

var settings = {
  // The Functions host's own storage: leases, keys, timer status.
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  AzureWebJobsStorage__blobServiceUri: blobUri
  AzureWebJobsStorage__queueServiceUri: queueUri
  AzureWebJobsStorage__tableServiceUri: tableUri
  // Telemetry. By default, newer exporters sample five traces per second and drop the log lines of all others. Alerts
  // count log lines, so none may be dropped.
  OTEL_TRACES_SAMPLER: 'microsoft.fixed_percentage'
  OTEL_TRACES_SAMPLER_ARG: '1.0'
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  // The product's own storage. The queue trigger reads credential and clientId, the code reads AZURE_CLIENT_ID.
  AZURE_CLIENT_ID: identityClientId
  SchedulingStorage__credential: 'managedidentity'
  SchedulingStorage__clientId: identityClientId
  SchedulingStorage__queueServiceUri: queueUri
  SchedulingStorage__tableServiceUri: tableUri
  PUBLIC_BASE_URL: publicBaseUrl
  // The root shows our own page, not the platform's default page.
  AzureWebJobsDisableHomepage: 'true'
  SECRETS_VAULT_URI: vaultUri
  TAG_SIGNING_KEY: '@Microsoft.KeyVault(SecretUri=${secrets}/tag-signing-key)'
}

var policySettings = {
  POLICY_USERNAME: policyUsername
  POLICY_VMRS: policyVmrs
  POLICY_PASSWORD_HASH: '@Microsoft.KeyVault(SecretUri=${secrets}/policy-password-hash)'
}

var managementSettings = {
  MANAGEMENT_USERNAME: managementUsername
  MANAGEMENT_PASSWORD_HASH: '@Microsoft.KeyVault(SecretUri=${secrets}/management-password-hash)'
}

var managementEntraSettings = {
  MANAGEMENT_TENANT_ID: tenant().tenantId
  MANAGEMENT_CLIENT_ID: managementClientId
}

// Libraries read these. All outgoing requests use the proxy, except requests to the listed hosts and those of
// integrations with disable_proxy. The file is part of the package (infra/package.py) and also contains the public
// authorities.
var proxySettings = {
  HTTPS_PROXY: webProxy
  NO_PROXY: noProxy
}

var authoritySettings = {
  SSL_CERT_FILE: '/home/site/wwwroot/authorities.pem'
}

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: '${name}-plan'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityResourceId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityResourceId
    virtualNetworkSubnetId: empty(subnetResourceId) ? null : subnetResourceId
    siteConfig: {
      ftpsState: 'Disabled'
      http20Enabled: true
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      remoteDebuggingEnabled: false
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${blobUri}/${packageContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityResourceId
          }
        }
      }
      runtime: {
        name: 'python'
        version: '3.13'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemory
        maximumInstanceCount: maximumInstances
        alwaysReady: alwaysReadyInstances == 0 ? [] : [
          {
            name: 'http'
            instanceCount: alwaysReadyInstances
          }
        ]
        // Python's default is 1. All handlers are asynchronous, so one instance serves many concurrent requests.
        triggers: {
          http: {
            perInstanceConcurrency: 16
          }
        }
      }
    }
  }
}

resource appSettings 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: app
  name: 'appsettings'
  properties: union(
    settings,
    empty(policyUsername) ? {} : policySettings,
    empty(managementUsername) ? {} : managementSettings,
    empty(managementClientId) ? {} : managementEntraSettings,
    empty(webProxy) ? {} : proxySettings,
    ownAuthorities ? authoritySettings : {}
  )
}

// Deployment uses Entra identities only: no publishing user name and password.
resource publishing 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = [for kind in ['ftp', 'scm']: {
  parent: app
  name: kind
  properties: {
    allow: false
  }
}]

@description('Name of the app.')
output name string = app.name

@description('Resource id of the app.')
output resourceId string = app.id

@description('The host name that Azure assigns.')
output hostName string = app.properties.defaultHostName

@description('The app\'s public URL.')
output publicBaseUrl string = publicBaseUrl

@description('Secrets that have to be in the vault, separated by spaces.')
output secretNames string = secretNames

// Binds the name, with its certificate.

@description('Name of the app.')
param app string

@description('The host name.')
param host string

@description('Thumbprint of the certificate that Azure has issued.')
param thumbprint string

resource site 'Microsoft.Web/sites@2024-11-01' existing = {
  name: app
}

resource binding 'Microsoft.Web/sites/hostNameBindings@2024-11-01' = {
  parent: site
  name: host
  properties: {
    customHostNameDnsRecordType: 'CName'
    hostNameType: 'Verified'
    sslState: 'SniEnabled'
    thumbprint: thumbprint
  }
}

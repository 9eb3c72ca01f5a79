// Your own host name for the app, with a certificate that Azure issues and renews. infra/custom-domain.sh deploys it,
// once the DNS records point to the app.
// Azure only issues certificates for bound names and needs a certificate to bind TLS. So the name is first bound
// without TLS, then the certificate is issued, and tls.bicep adds it to the binding (a template may declare a resource
// only once). On Flex Consumption, certificates belong to the site (at most three), not to the plan as elsewhere.

@description('Name of the app.')
param app string

@description('The host name, such as vmr.example.com.')
param host string

@description('Region for the certificate.')
param location string = resourceGroup().location

@description('Whether the name is already bound. Binding it again without TLS would remove TLS during the deployment.')
param isBound bool

resource site 'Microsoft.Web/sites@2024-11-01' existing = {
  name: app
}

resource bare 'Microsoft.Web/sites/hostNameBindings@2024-11-01' = if (!isBound) {
  parent: site
  name: host
  properties: {
    customHostNameDnsRecordType: 'CName'
    hostNameType: 'Verified'
    sslState: 'Disabled'
  }
}

resource certificate 'Microsoft.Web/sites/certificates@2024-11-01' = {
  parent: site
  name: replace(host, '.', '-')
  location: location
  properties: {
    canonicalName: host
  }
  dependsOn: [bare]
}

module tls 'tls.bicep' = {
  name: 'tls'
  params: {
    app: app
    host: host
    thumbprint: certificate.properties.thumbprint
  }
}

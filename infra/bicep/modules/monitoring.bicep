// Logs, traces and metrics. Telemetry cannot be written with a key: the app authenticates with its identity.

@description('The prefix of every resource\'s name.')
param name string

@description('Region.')
param location string

@description('Tags for all resources.')
param tags { *: string }

@description('Object id of the app\'s identity, the only one that may write telemetry.')
param appPrincipalId string

@description('How long logs are kept, in days.')
param retentionDays int

var monitoringMetricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' = {
  name: '${name}-logs'
  location: location
  tags: tags
  properties: {
    retentionInDays: retentionDays
    sku: {
      name: 'PerGB2018'
    }
    features: {
      disableLocalAuth: true
    }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: '${name}-insights'
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    DisableLocalAuth: true
    WorkspaceResourceId: workspace.id
  }
}

resource grant 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, appPrincipalId, monitoringMetricsPublisher)
  scope: insights
  properties: {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', monitoringMetricsPublisher)
  }
}

@description('Resource id of the Log Analytics workspace.')
output workspaceResourceId string = workspace.id

@description('Resource id of Application Insights, which alerts and the workbook query.')
output insightsResourceId string = insights.id

@description('Connection string for telemetry. It contains no valid key.')
output connectionString string = insights.properties.ConnectionString

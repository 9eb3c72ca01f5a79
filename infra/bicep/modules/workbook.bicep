// The workbook for admins: response times, decisions, messages found by the sweep.

@description('Region.')
param location string

@description('Tags for all resources.')
param tags { *: string }

@description('Application Insights, which the charts query.')
param insightsResourceId string

var charts = [
  {
    title: 'From invitation to answer, in seconds'
    query: loadTextContent('../queries/chart_lag.kql')
    look: 'timechart'
  }
  {
    title: 'Outcomes'
    query: loadTextContent('../queries/chart_outcomes.kql')
    look: 'barchart'
  }
  {
    title: 'Aliases allocated'
    query: loadTextContent('../queries/chart_allocations.kql')
    look: 'timechart'
  }
  {
    title: 'Messages that the sweep found and no notification had announced'
    query: loadTextContent('../queries/chart_repairs.kql')
    look: 'timechart'
  }
  {
    title: 'Exceptions by function'
    query: loadTextContent('../queries/chart_failures.kql')
    look: 'table'
  }
]

var timeRange = {
  type: 9
  content: {
    version: 'KqlParameterItem/1.0'
    parameters: [
      {
        id: guid(insightsResourceId, 'range')
        version: 'KqlParameterItem/1.0'
        name: 'range'
        label: 'Time'
        type: 4
        isRequired: true
        value: {
          durationMs: 86400000
        }
      }
    ]
  }
}

var items = [for chart in charts: {
  type: 3
  content: {
    version: 'KqlItem/1.0'
    title: chart.title
    query: chart.query
    visualization: chart.look
    timeContextFromParameter: 'range'
    queryType: 0
    resourceType: 'microsoft.insights/components'
  }
}]

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(insightsResourceId, 'vmr-scheduling')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    category: 'workbook'
    displayName: 'VMR scheduling'
    sourceId: insightsResourceId
    serializedData: string({
      version: 'Notebook/1.0'
      items: concat([timeRange], items)
      fallbackResourceIds: [insightsResourceId]
    })
  }
}

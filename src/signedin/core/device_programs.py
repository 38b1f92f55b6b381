"""The programs that ask without a person: robots, tools of the command line, libraries.

One line each, in the form of ``device_names``: what people call it, then the tokens that say so.
A robot that has "bot" or the like in its name needs no line.
"""

BOTS = """
    Chrome-Lighthouse: chrome-lighthouse lighthouse
    GTmetrix: gtmetrix
    WebPageTest: ptst
    Mediapartners-Google: mediapartners-google
    Google-Read-Aloud: google-read-aloud
    Google-Ads-Conversions: google-ads-conversions
    cohere-ai: cohere-ai
    GoogleOther: googleother googleother-image googleother-video
    Googlebot: googlebot
    Google-InspectionTool: google-inspectiontool
    facebookexternalhit: facebookexternalhit
    Datadog Synthetics: datadogsynthetics
    Pingdom: pingdompagespeed pingdomtms (pingdom
    ChatGPT-User: chatgpt-user
    Claude-User: claude-user
    Perplexity-User: perplexity-user
    meta-externalagent: meta-externalagent
    meta-externalads: meta-externalads
    facebookcatalog: facebookcatalog
    Google-Extended: google-extended
    Google-Safety: google-safety
    Google-Site-Verification: google-site-verification
    GoogleImageProxy: googleimageproxy
    GoogleHC: googlehc
    Claude-Web: claude-web
    anthropic-ai: anthropic-ai
    omgili: omgili
    img2dataset: img2dataset
    Feedbin: feedbin
    Embedly: embedly
    Iframely: iframely
    StatusCake: statuscake
    Site24x7: site24x7
    New Relic Synthetics: newrelicsynthetics
    Datadog Agent: datadog
    Checkly: checkly
    HetrixTools: hetrixtools
    Uptime-Kuma: uptime-kuma
    Blackbox Exporter: blackbox
    Prometheus: prometheus
    Zabbix: zabbix
    check_http: check_http
    kube-probe: kube-probe
    ELB-HealthChecker: elb-healthchecker
    Cloudflare-Healthchecks: cloudflare-healthchecks
    W3C-checklink: w3c-checklink
    Jigsaw: jigsaw
    Nmap: nmap
    Nikto: nikto
    Nuclei: nuclei
    WPScan: wpscan
    sqlmap: sqlmap
    zgrab: zgrab
    masscan: masscan
    Netcraft: netcraft
    Puppeteer: puppeteer
    Playwright: playwright
    Selenium: selenium
"""

TOOLS = """
    Hoppscotch: hoppscotch
    Apidog: apidog
    REST Client: vscode-restclient
    wrk: wrk
    ApacheBench: apachebench
    Siege: siege
    Vegeta: vegeta
    Artillery: artillery
    aws-cli: aws-cli
    Boto3: boto3
    Botocore: botocore
    aws-sdk-go: aws-sdk-go aws-sdk-go-v2
    aws-sdk-js: aws-sdk-js
    azure-cli: azure-cli azurecli
    gcloud: google-cloud-sdk gcloud
    Terraform: terraform
    kubectl: kubectl
    Helm: helm
    Docker: docker docker-client
    containerd: containerd
    pip: pip
    uv: uv
    Poetry: poetry
    pnpm: pnpm
    Yarn: yarn
    npm: npm
    Composer: composer
    RubyGems: rubygems
    Bundler: bundler
    Cargo: cargo
    Homebrew: homebrew
    Maven: apache-maven
    Gradle: gradle
    NuGet: nuget
    APT: apt-http apt-curl
    DNF: libdnf dnf
    rclone: rclone
    restic: restic
    git-lfs: git-lfs
    GitHub CLI: gh
    youtube-dl: youtube-dl
    yt-dlp: yt-dlp
    Thunder Client: thunder
    Postman: postmanruntime postman
    Insomnia: insomnia
    Bruno: bruno-runtime bruno
    HTTPie: httpie
    PowerShell: windowspowershell powershell
    git: git
    jgit: jgit
    aiohttp: aiohttp
    httpx: python-httpx httpx
    python-requests: python-requests
    Scrapy: scrapy
    urllib3: python-urllib3 urllib3
    Python-urllib: python-urllib
    niquests: niquests
    Guzzle: guzzlehttp
    Faraday: faraday
    RestSharp: restsharp
    Wget: wget wget2
    curl: curl libcurl pycurl
    PhantomJS: phantomjs
    axios: axios
    node-fetch: node-fetch
    got: got
    SuperAgent: node-superagent
    undici: undici
    Needle: needle
    Node.js: node node.js
    Deno: deno
    Bun: bun
    Apache-HttpClient: apache-httpclient
    Java-http-client: java-http-client
    okhttp: okhttp
    Ktor: ktor-client ktor
    Retrofit: retrofit
    Dart: dart
    Go-http-client: go-http-client
    go-resty: go-resty
    reqwest: reqwest
    hyper: hyper
    libwww-perl: libwww-perl lwp-trivial
    Symfony HttpClient: symfony
    rest-client: rest-client
    hackney: hackney
    aria2: aria2
    k6: k6
    JMeter: jmeter
    httplib2: python-httplib2 httplib2
    Mechanize: mechanize
    Typhoeus: typhoeus
    HTTP.rb: http.rb
    HTTP-Tiny: http-tiny
    Zend: zend_http_client
    PHP-SOAP: php-soap
    ReactorNetty: reactornetty
    Jersey: jersey
    Jetty: jetty
    AsyncHttpClient: ahc asynchttpclient
    Google-HTTP-Java-Client: google-http-java-client
    Colly: colly
    fasthttp: fasthttp
    libsoup: libsoup
    jsdom: jsdom
    Lynx: lynx
    Links: links
    ELinks: elinks
    w3m: w3m
    Java: java
    Python: python
    Ruby: ruby
    PHP: php
"""

from scripts.dashboards.site import main

main()

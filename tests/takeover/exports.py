"""Small exports, as their systems write them."""

STEVE = {
    "charge_box.csv": "charge_box_pk,charge_box_id,ocpp_protocol\n1,KAJ-1,ocpp1.6J\n2,KAJ-2,ocpp1.6J\n",
    "connector.csv": "connector_pk,charge_box_id,connector_id\n10,KAJ-1,1\n11,KAJ-1,2\n",
    "ocpp_tag.csv": (
        "ocpp_tag_pk,id_tag,parent_id_tag,expiry_date,max_active_transaction_count,note\n"
        "1,04A1,FLEET,2030-01-01 00:00:00,1,\n"
        "2,04A2,NULL,NULL,0,lost\n"
        "3,04A3,NULL,soon,1,\n"
    ),
    "transaction_start.csv": (
        "transaction_pk,event_timestamp,connector_pk,id_tag,start_timestamp,start_value\n"
        "7,2026-01-02 08:30:01.000000,11,04A1,2026-01-02 08:30:00.000000,1000\n"
        "8,2026-01-03 08:30:01.000000,11,04A1,2026-01-03 08:30:00.000000,13500\n"
        "9,2026-01-03 08:30:01.000000,99,04A1,2026-01-03 08:30:00.000000,13500\n"
    ),
    "transaction_stop.csv": (
        "transaction_pk,event_timestamp,event_actor,stop_timestamp,stop_value,stop_reason\n"
        "7,2026-01-02 09:30:01.000000,manual,2026-01-02 09:00:00.000000,9000,Other\n"
        "7,2026-01-02 09:45:01.000000,station,2026-01-02 09:30:00.000000,13500,Local\n"
    ),
}

CITRINEOS = {
    "Locations.json": (
        '[{"id": 4, "name": "Kajen", "address": "Skeppsbron 1", "city": "Göteborg", "country": "SWE", "timeZone": '
        '"Europe/Stockholm", "coordinates": {"type": "Point", "coordinates": [11.96, 57.7]}}, '
        '{"id": 5, "name": "Torget", "address": "Torget 1", "city": "Göteborg", "country": "SWE", '
        '"coordinates": {"type": "Point", "coordinates": [11.9, 57.7]}}]'
    ),
    "ChargingStations.json": '{"data": [{"id": "CS1", "locationId": 4}, {"id": "CS2", "locationId": 5}]}',
    "Evses.csv": "id,stationId,evseTypeId,evseId,removed\n1,CS1,1,SE*LAD*E1,f\n2,CS1,2,SE*LAD*E2,t\n",
    "Connectors.csv": (
        "id,stationId,evseId,connectorId,evseTypeConnectorId,type,format,powerType,maximumAmperage,maximumVoltage\n"
        "1,CS1,1,1,1,IEC62196T2Combo,Cable,DC,200,400\n"
        "2,CS2,9,1,1,,Cable,DC,200,400\n"
    ),
    "Authorizations.csv": (
        "id,idToken,idTokenType,status,groupAuthorizationId,cacheExpiryDateTime\n"
        "1,G1,ISO14443,Accepted,,\n"
        "2,C1,ISO14443,Blocked,1,2030-01-01 00:00:00+00\n"
    ),
    "Transactions.csv": (
        "id,stationId,transactionId,isActive,evseId,authorizationId,totalKwh,startTime,endTime,stoppedReason\n"
        "1,CS1,tx-1,f,1,2,10.25,2026-01-02 08:30:00+00,2026-01-02 09:30:00+00,Local\n"
        "2,CS1,tx-2,t,1,2,1,2026-01-02 08:30:00+00,,\n"
    ),
}

"""The help of the commands in Vietnamese. The English texts stand beside the options themselves; a test finds each here."""

from __future__ import annotations

from types import MappingProxyType

from gis.model.layer import Text
from services.commands import access_help_words, erase_words, survey_words

_HELP = (
    # landmap
    Text(
        "Bản đồ dữ liệu đất đai - đô thị thường trực của một thành phố.", "The standing land-urban data map of a city."
    ),
    Text("Bắt đầu bằng: landmap serve --demo", "Start with: landmap serve --demo"),
    Text(
        "Ngôn ngữ của các thông báo, đặt ở đâu trên dòng lệnh cũng được; nếu không thì theo LANDMAP_LANG, rồi theo máy.",
        "Language of what is said, anywhere on the line; else LANDMAP_LANG, else the locale's.",
    ),
    Text("Cài tính năng tự điền lệnh cho shell này.", "Install completion for the current shell."),
    Text(
        "Hiện đoạn mã tự điền lệnh, để chép hoặc sửa.",
        "Show completion for the current shell, to copy it or customize the installation.",
    ),
    Text("Hiện phần trợ giúp này rồi thoát.", "Show this message and exit."),
    # what-if
    Text(
        "Thử một quy hoạch đang chờ trên mọi thửa đất và giấy phép đang mở: ai tăng, ai giảm, bao nhiêu diện tích sàn.",
        "Try a staged plan on all parcels and open permits: who gains, who loses, how much floor area.",
    ),
    Text(
        "Chỉ so chỉ tiêu của ô quy hoạch: lộ giới và quy chuẩn còn trừ bớt. Không công bố gì.",
        "It compares the limits of the zones alone: road lines and regulations take away from them. Nothing is published.",
    ),
    Text(
        "Tên lần cập nhật đang chờ của lớp ô quy hoạch, ví dụ s12.", "name of a staged changeset of zones, such as s12"
    ),
    Text(
        "Ngày xem, dd/mm/yyyy; mặc định là khi toàn bộ đã có hiệu lực",
        "the day to look at, dd/mm/yyyy; by default when all of it is in force",
    ),
    Text("Ghi từng thửa vào tệp .parquet hoặc .gpkg", "write every lot to this file: .parquet or .gpkg"),
    Text("Hiện bao nhiêu thửa giảm và tăng nhiều nhất", "how many of those who lose and gain most to show"),
    # ingest
    Text(
        "Nạp tệp vào một lớp: đọc, làm sạch, kiểm tra, chuẩn bị, công bố. Mỗi tệp là một lần cập nhật.",
        "Load files into a layer: read, clean, check, stage, publish. A file is a changeset.",
    ),
    Text("Lớp nhận dữ liệu, ví dụ parcels.", "The layer to load into, for example parcels."),
    Text(
        "GeoPackage, Shapefile (cả dạng nén), GeoJSON, GeoJSONSeq, FlatGeobuf, GeoParquet hoặc CSV.",
        "GeoPackage, Shapefile (also zipped), GeoJSON, GeoJSONSeq, FlatGeobuf, GeoParquet or CSV.",
    ),
    Text("Kiểm tra và báo cáo; không ghi gì.", "Check and report; write nothing."),
    Text("Để chờ người khác công bố.", "Leave it staged, to be published by somebody else."),
    Text("Hệ toạ độ của tệp, ví dụ EPSG:9210.", "CRS of the coordinates, for example EPSG:9210."),
    Text("utf-8, tcvn3, vni, hoặc một bảng mã như cp1258.", "utf-8, tcvn3, vni, or a code page such as cp1258."),
    Text(
        "cột=trường, hoặc cột=trường:comma (point, dmy, ymd, epoch-ms, epoch-s).",
        "source=field, or source=field:comma (point, dmy, ymd, epoch-ms, epoch-s).",
    ),
    Text("trường=giá trị cho mọi bản ghi.", "field=value for all records."),
    Text("Lớp bên trong một GeoPackage có nhiều lớp.", "The layer inside a GeoPackage that has several."),
    Text("Mã xã (5 chữ số) của mọi bản ghi.", "Commune code (5 digits) of all records."),
    Text(
        "Ngày bắt đầu hiệu lực của mọi bản ghi, dd/mm/yyyy hoặc ISO.",
        "Day from which all records hold, dd/mm/yyyy or ISO.",
    ),
    Text("Số văn bản pháp lý, hoặc 'SỐ ngày dd/mm/yyyy'.", "Number of the legal act, also 'NUMBER of dd/mm/yyyy'."),
    Text("Tên gọi của nguồn; mặc định là tên tệp.", "What the source is called; by default the file."),
    Text("Cơ quan cung cấp tệp.", "The agency that supplied the file."),
    Text(
        "Tệp đầy đủ cho phạm vi nào: commune=26734, plan=MÃ, hoặc một tệp vùng. Những gì tệp thiếu ở đó bị kết thúc; không làm "
        "khi có bản ghi bị giữ lại, vì có thể chính là những gì thiếu, trừ khi có --yes.",
        "What the file is complete for: commune=26734, plan=CODE, or a polygon file. What it lacks there is closed; not while "
        "records of the file are withheld, which may stand for it, unless --yes.",
    ),
    Text(
        "Vẫn làm: kết thúc hơn 2 % của phạm vi, hoặc toàn bộ một phạm vi mà không bản ghi nào thuộc về, hoặc khi có bản ghi bị "
        "giữ lại; nạp vào cạnh thành phố mẫu.",
        "Do it all the same: close more than 2 % of the scope, or all of one that no record belongs to, or while records are "
        "withheld; load beside the demo city.",
    ),
    Text("In báo cáo dạng JSON.", "Print the report as JSON."),
    # demo-data, serve
    Text("Nạp một thành phố bịa, có dáng Sài Gòn.", "Load an invented city shaped like Saigon."),
    Text(
        "Phường, thửa đất, đồ án, ô quy hoạch, đường, công trình, giấy phép và nhà ở. Không nạp gì nếu đã có dữ liệu.",
        "Wards, parcels, plans, zones, roads, buildings, permits and housing. Loads nothing where data are already.",
    ),
    Text(
        "Số thửa hiện nay; nếu không ghi: LANDMAP_DEMO_PARCELS hoặc 20.000.",
        "Parcels of today; LANDMAP_DEMO_PARCELS or 20,000 if not said.",
    ),
    Text(
        "Số khác cho thành phố khác; cùng số thì giống nhau đến từng byte.",
        "Another number is another city; the same one is the same to the byte.",
    ),
    Text("Phục vụ bản đồ và OGC API cho đến khi bấm Ctrl-C.", "Serve the map and the OGC API until Ctrl-C."),
    Text(
        "Khởi động cơ sở dữ liệu nhúng, trừ khi LANDMAP_DATABASE_URL chỉ một cơ sở dữ liệu khác.",
        "Starts the embedded database unless LANDMAP_DATABASE_URL names one.",
    ),
    Text("Nạp thành phố mẫu trước, nếu chưa có dữ liệu.", "Load an invented city first, unless there are data."),
    Text("Địa chỉ lắng nghe; LANDMAP_HOST hoặc 127.0.0.1.", "Address to listen on; LANDMAP_HOST or 127.0.0.1."),
    Text("LANDMAP_PORT hoặc 8080.", "LANDMAP_PORT or 8080."),
    # db
    Text(
        "Khởi động, dừng, kiểm tra, sao lưu và khôi phục cơ sở dữ liệu.",
        "Start, stop, check, back up and restore the database.",
    ),
    Text("Khởi động cơ sở dữ liệu nhúng và để nó chạy.", "Start the embedded database and leave it running."),
    Text(
        "Dừng cơ sở dữ liệu nhúng; giao dịch dở dang bị huỷ.",
        "Stop the embedded database; open transactions are rolled back.",
    ),
    Text(
        "In URL của cơ sở dữ liệu cho psql, QGIS hoặc chương trình khác.",
        "Print the URL of the database, for psql, QGIS or another program.",
    ),
    Text(
        "Chứng minh những gì cơ sở dữ liệu cam kết: không có phiên bản chồng nhau, hệ toạ độ đúng, bảng đúng định nghĩa.",
        "Prove what the database promises: no overlapping versions, right reference systems, tables as defined.",
    ),
    Text("Kết thúc với mã 1 nếu có vấn đề.", "Ends with status 1 if there is a problem."),
    Text(
        "Ghi mọi điều cơ sở dữ liệu biết vào một tệp và đọc lại để kiểm tra. Không ai phải ngừng làm việc.",
        "Write everything the database knows to one file, and verify it. Nobody has to stop working.",
    ),
    Text("Nơi ghi; tệp cũ được thay khi ghi xong.", "Where to write; replaced when complete."),
    Text(
        "Đưa một bản sao lưu vào thay cơ sở dữ liệu. Dữ liệu trước đó được giữ dưới tên khác.",
        "Put a backup in the place of the database. What was there before is kept under another name.",
    ),
    Text("Tệp do landmap db backup ghi.", "A file made by: landmap db backup."),
    Text("Không hỏi lại.", "Do not ask."),
    # layer
    Text(
        "So layers/ với cơ sở dữ liệu, và nâng cơ sở dữ liệu theo layers/.",
        "Compare layers/ with the database, and bring the database up to it.",
    ),
    Text(
        "Cho xem `apply` sẽ thay đổi gì; kết thúc với mã 1 nếu một bảng trái với định nghĩa.",
        "Show what `apply` would change; ends with status 1 if a table contradicts its definition.",
    ),
    Text("Chính các câu lệnh SQL.", "The statements themselves."),
    Text(
        "Thay đổi các bảng như `plan` nêu; chỉ thêm, không bao giờ bỏ trường hay dòng nào.",
        "Change the tables as `plan` says; it adds and never drops a field or a row.",
    ),
    Text(
        "Cơ sở dữ liệu của bản cũ được nâng lên bản này trước.",
        "A database of an earlier version is brought up to this one first.",
    ),
    # changeset
    Text(
        "Liệt kê, xem, công bố, bỏ và hoàn tác các lần cập nhật.",
        "List, show, publish, refuse and revert changesets.",
    ),
    Text(
        "Liệt kê các lần cập nhật đang chờ (s12), rồi các lần cập nhật đã công bố mới nhất (12).",
        "List staged changesets that wait (s12), then the newest published ones (12).",
    ),
    Text("bao nhiêu lần cập nhật đã công bố", "how many published ones"),
    Text(
        "Xem một lần cập nhật: ai công bố, ai chuẩn bị, theo văn bản nào, bao nhiêu.",
        "Show one changeset: who published it and who staged it, on which ground, how many.",
    ),
    Text("Với một lần cập nhật đang chờ: cả những lỗi đã phát hiện.", "Of a staged one also what was found wrong."),
    Text(
        "số của một lần cập nhật đã công bố, hoặc tên của một lần cập nhật đang chờ (s12)",
        "number of a published changeset, or name of a staged one (s12)",
    ),
    Text("bao nhiêu lỗi của một lần cập nhật đang chờ", "how many findings of a staged one"),
    Text(
        "Công bố một lần cập nhật đang chờ, toàn bộ hoặc không gì cả.",
        "Publish a staged changeset, all of it or nothing.",
    ),
    Text("tên của một lần cập nhật đang chờ, ví dụ s12", "name of a staged changeset, such as s12"),
    Text(
        "Bỏ một lần cập nhật đang chờ; không công bố gì của nó.",
        "Give a staged changeset up; nothing of it is published.",
    ),
    Text("Hoàn tác một lần cập nhật đã công bố bằng một lần cập nhật mới.", "Undo a published changeset by a new one."),
    Text(
        "Từ chối nếu các lần cập nhật sau đã đụng đến cùng đối tượng.",
        "Refused where later ones touched the same features.",
    ),
    Text("số của một lần cập nhật đã công bố, ví dụ 12", "number of a published changeset, such as 12"),
    # coverage
    Text(
        "Công bố nơi dữ liệu của một lớp đã đầy đủ, và xem những gì đã công bố.",
        "Declare where the data of a layer are complete, and see what is declared.",
    ),
    Text(
        "Công bố dữ liệu của một lớp là đầy đủ, một phần hay chưa có, theo phường hoặc theo vùng.",
        "Declare the data of a layer complete, partial or absent in wards or in an area.",
    ),
    Text(
        "Công bố mới cho một phường thay công bố trước.",
        "A new declaration for a ward takes the place of the one before.",
    ),
    Text("lớp dữ liệu", "the layer"),
    Text("complete (đầy đủ), partial (một phần) hoặc none (chưa có)", "complete, partial or none"),
    Text("cơ quan công bố", "who says so"),
    Text(
        "tính đến ngày nào, dd/mm/yyyy; mặc định là hôm nay",
        "the day that it holds for, dd/mm/yyyy; today if left out",
    ),
    Text("mã các phường hiện nay, cách nhau bằng dấu phẩy", "ward codes of today, joined by commas"),
    Text("tệp chứa phạm vi dạng vùng", "a file with the area as polygons"),
    Text("Liệt kê những gì đang được công bố.", "List what is declared now."),
    Text("chỉ một lớp", "one layer only"),
    Text(
        "Rút một công bố: nơi đó lại như chưa công bố gì.",
        "Withdraw a declaration: there it is as if nothing had been declared.",
    ),
    Text("số của nó, xem `landmap coverage list`", "its number, from `landmap coverage list`"),
    # indicators
    Text(
        "Tính giấy phép, sử dụng đất, công trình và chất lượng dữ liệu theo phường, xã và theo ngày.",
        "Count permits, land uses, buildings and quality of data by ward and day.",
    ),
    Text(
        "Tính và công bố vào lớp `indicators`; chỉ ghi những gì khác với dữ liệu đang có.",
        "Count and publish in the layer `indicators`; only what differs from what is there is written.",
    ),
    Text(
        "một ngày cần tính, dd/mm/yyyy; ghi lại nhiều lần cho nhiều ngày",
        "a day to count, dd/mm/yyyy; again for more of them",
    ),
    Text(
        "nếu không có --date: ngày đầu của bấy nhiêu quý và của tháng này",
        "without --date: the first days of so many quarters and of this month",
    ),
    Text(
        "đối chiếu công trình với quy hoạch ở bấy nhiêu ngày cuối",
        "on how many of the last days buildings are compared with the plans",
    ),
    *access_help_words.HELP,
    # seal
    Text("Các khoá dùng để niêm phong điện tử phiếu tra cứu.", "The keys with which extracts are sealed."),
    Text(
        "Từ nay niêm phong bằng một khoá mới; phần bí mật của khoá cũ bị xoá.",
        "Seal with a new key from now on; the private part of the old one is forgotten.",
    ),
    Text("Liệt kê các khoá, khoá đang dùng đứng đầu.", "List the keys, the one in use first."),
    # report
    Text("Phản ánh của người dân gửi từ bản đồ.", "Reports that citizens sent from the map."),
    Text(
        "Xoá dữ liệu cá nhân của một phản ánh; loại, trạng thái và câu trả lời công khai vẫn giữ, kèm việc đã xoá.",
        "Erase the personal data of a report; its category, state and public answer stay, and that it was erased.",
    ),
    Text("mã phản ánh, PA-…", "the number of the report, PA-…"),
    Text(
        "cả nội dung, ảnh và vị trí chính xác, không chỉ thông tin liên hệ",
        "text, photo and exact place too, not only how to reach who sent it",
    ),
    # erase
    *erase_words.HELP,
    # worker, job
    Text(
        "Chạy các công việc cho đến khi bấm Ctrl-C: những gì đã yêu cầu dịch vụ và được trả lời sau.",
        "Run jobs until Ctrl-C: what was asked of the service and is answered later.",
    ),
    Text(
        "Có thể chạy nhiều tiến trình worker, ở bất cứ đâu kết nối được cơ sở dữ liệu. `landmap serve` tự chạy một tiến trình, "
        "trừ khi LANDMAP_OWN_WORKER là false.",
        "Any number of workers may run, wherever they reach the database. `landmap serve` has one of its own unless "
        "LANDMAP_OWN_WORKER is false.",
    ),
    Text(
        "số công việc chạy cùng lúc; LANDMAP_JOBS_AT_ONCE hoặc 1",
        "jobs run at the same time; LANDMAP_JOBS_AT_ONCE or 1",
    ),
    Text("Các công việc đang chờ, đang chạy hoặc đã xong.", "Jobs that wait, run or are done."),
    Text(
        "Liệt kê công việc của mọi người, mới nhất trước; không gồm nội dung yêu cầu và kết quả.",
        "List jobs of everybody, the newest first, without what was asked and answered.",
    ),
    Text(
        "ai đã gửi: key:…, nơi cấp và `sub` của một người, hoặc public",
        "who asked: key:…, the issuer and `sub` of a person, or public",
    ),
    Text(
        "Xem tình trạng của một công việc và lý do không thành công, dạng JSON; không gồm nội dung yêu cầu và kết quả.",
        "Show how a job stands and why it failed, as JSON, without what was asked and answered.",
    ),
    Text("mã công việc, xem `landmap job list`", "the job's id, from `landmap job list`"),
    Text(
        "Huỷ một công việc: không chạy nữa hoặc dừng lại; nội dung yêu cầu và kết quả bị xoá.",
        "Dismiss a job: it does not run, or stops, and what was asked and answered is deleted.",
    ),
    # open-data
    Text(
        "Tạo, liệt kê và xoá tệp dữ liệu mở của các phiên bản đã công bố.",
        "Make the open-data files of published versions, list and remove them.",
    ),
    Text("Tạo tệp của một phiên bản nếu chưa có.", "Make the files of a version where they are not there yet."),
    Text(
        "Tạo lại bản đồ đóng băng: một tệp PMTiles gồm những gì bản đồ vẽ, để các trang giữ lại dùng khi không có máy chủ.",
        "Make the frozen map anew: one PMTiles file of what the map draws, which pages keep for the time without a server.",
    ),
    Text(
        "Dịch vụ tự tạo khi có người cần đến mà tệp đã cũ một ngày.",
        "The service makes it by itself when somebody asks for it and it is a day old.",
    ),
    Text("dung lượng tối đa của các ô bản đồ", "most that its tiles may take"),
    Text("các lớp; mặc định là tất cả", "the layers; all if left out"),
    Text("số của lần cập nhật; mặc định là mới nhất", "a changeset number; the newest if left out"),
    Text("Liệt kê các phiên bản có tệp ở đây.", "List the versions whose files lie here."),
    Text(
        "Xoá tệp của các phiên bản cũ. Khi có người hỏi, chúng được tạo lại với nội dung như cũ.",
        "Remove the files of older versions. They are made again, with the same content, when somebody asks for them.",
    ),
    Text("giữ bao nhiêu phiên bản mới nhất của mỗi lớp", "how many of the newest versions of each layer stay"),
    *survey_words.HELP,
)

HELP = MappingProxyType({text.en: text.vi for text in _HELP})
"""Vietnamese by the English paragraph."""
